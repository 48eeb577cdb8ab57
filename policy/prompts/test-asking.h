// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: the road of a packet with people beside it who are asked, and a state folder that a
// second life of policy finds again.
#pragma once

#include "policy/failure.h"
#include "policy/prompts/prompts.h"
#include "policy/test-folders.h"
#include "policy/test-road.h"

#include <capnp/message.h>

namespace portreeve::policy {

class PromptSink final : public proto::PromptSink::Server {
public:
  struct Seen {
    kj::Vector<kj::String> prompts;  // "1: app -> 203.0.113.5, 1 waiting"
    kj::Vector<kj::String> closed;   // "1: answered allow"
    uint missed = 0;
  };
  explicit PromptSink(Seen& seen) : seen(seen) {}

  kj::Promise<void> prompts(PromptsContext context) override {
    for (auto one : context.getParams().getChanged())
      seen.prompts.add(kj::str(one.getId(), ": ", one.getProgram().getName(), " -> ",
                               one.getDestination().getAddress(), ", ", one.getWaiting(),
                               " waiting"));
    return kj::READY_NOW;
  }
  kj::Promise<void> closed(ClosedContext context) override {
    for (auto one : context.getParams().getClosed())
      seen.closed.add(kj::str(one.getId(), ": ", one.getHow(), ' ', one.getAction()));
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext context) override {
    seen.missed++;
    return kj::READY_NOW;
  }

private:
  Seen& seen;
};

inline Viewer alice() {
  return {1000, false, false, true, kj::str("alice (uid 1000)")};
}
inline Viewer bob() {
  return {1001, false, false, true, kj::str("bob (uid 1001)")};
}
inline Viewer rootViewer() {
  return {0, true, true, true, kj::str("root (uid 0)")};
}

struct AskingRoad {
  // alice is there from the start; who else is, a test says.
  static constexpr kj::StringPtr ASKS = "[[rule]]\nname = \"ask\"\naction = \"ask\"\n"_kj;

  TestFolder folder;
  TestLoop loop;
  kj::String ruleText = kj::str(ASKS);
  kj::Own<rules::RuleSet> set = rules::loadRules(ruleText);
  Settings::Policy settings;
  DiskSync disk{loop.port};
  kj::Maybe<DurableFolder> state;
  FakeKernel kernel;
  FakeSettler settler;
  Accounts accounts = Accounts::read();
  PromptSink::Seen seen;
  kj::String ruleProblem;  // why the next rule cannot be written

  struct Life {
    // What is new with each start of policy.
    ProgramCache programs;
    FlowTable flows;
    TransientFlows transient{flows};
    LateEnds lateEnds;
    EarlierSessions earlier;
    Headings headings;
    Askers askers;
    NameTable names;
    NameLookups lookups;
    Deciding deciding;
    SelfProbe probe{[](proto::Hook, proto::Family) {}};
    Prompts prompts;
    Judge judge;

    explicit Life(AskingRoad& road)
        : programs(road.accounts),
          lookups(road.loop.timer, names, askers),
          deciding([&road]() -> rules::RuleSet& { return *road.set; }, names),
          prompts({road.loop.timer, deciding, road.settler, rules::testUsers(),
                   KJ_ASSERT_NONNULL(road.state), road.settings, 3000,
                   [&road]() { return road.settings.unanswered; },
                   [&road](kj::StringPtr toml, kj::StringPtr) { return road.addRule(toml); },
                   [this](Arrival&& arrival) { judge.resume(kj::mv(arrival)); }}),
          judge(road.loop.timer, {programs, flows, transient, lateEnds, headings, askers, lookups,
                                  deciding, road.settler, road.kernel, earlier, probe, prompts}) {}
  };
  kj::Own<Life> life;
  kj::Maybe<proto::PromptSubscription::Client> present;

  AskingRoad() {
    folder.make("state");
    state.emplace(folder.path("state"), disk);
    life = kj::heap<Life>(*this);
    come(alice());
  }

  void come(Viewer viewer) {
    present = life->prompts.watchers().add(viewer, kj::heap<PromptSink>(seen), true);
    loop.turn();
  }

  void restart() {
    saved();
    present = nullptr;
    life = nullptr;
    life = kj::heap<Life>(*this);
    life->prompts.restore();
  }

  void saved() {
    // What was to be kept is on the disk.
    loop.pass(100 * kj::MILLISECONDS);
    for (int i = 0; i < 100; i++) {
      usleep(1000);
      loop.port.poll();
      loop.turn();
      loop.pass(1 * kj::MILLISECONDS);
    }
  }

  kj::Promise<kj::String> addRule(kj::StringPtr toml) {
    if (ruleProblem.size() > 0) fail(ruleProblem);
    ruleText = kj::str(ruleText, '\n', toml);
    set = rules::loadRules(ruleText);
    life->prompts.rulesChanged();
    return kj::str("the rule");
  }

  kj::String verdictOn(const FakePacket& packet) {
    capnp::MallocMessageBuilder message;
    packet.to(message.initRoot<proto::AttributedBatch>().initFlows(1)[0]);
    life->judge.receive(message.getRoot<proto::AttributedBatch>().asReader());
    loop.turn();
    // Names are looked for at a resolver that never comes, for a second at most.
    loop.pass(1100 * kj::MILLISECONDS);
    return said();
  }

  kj::String said() {
    // The verdicts, "id mark"; "waits" where the interceptor was told nothing but to wait on.
    kj::Vector<kj::String> verdicts;
    bool waits = false;
    for (auto& one : settler.verdicts) {
      waits = waits || one.endsWith(" 0");
      if (!one.endsWith(" 0")) verdicts.add(kj::str(one));
    }
    settler.verdicts.clear();
    if (verdicts.empty() && waits) return kj::str("waits");
    return kj::strArray(verdicts, ", ");
  }

  Prompts::Answered answer(uint64_t id, kj::StringPtr action, kj::StringPtr lifetime,
                           kj::StringPtr scope, const Viewer& who) {
    capnp::MallocMessageBuilder message;
    auto words = message.initRoot<proto::PromptAnswer>();
    words.setAction(action);
    words.setLifetime(lifetime);
    words.setScope(scope);
    return loop.finish(life->prompts.answer(id, Answer::from(words), who));
  }
  Prompts::Answered answer(uint64_t id, kj::StringPtr action, kj::StringPtr lifetime = "once",
                           kj::StringPtr scope = "host") {
    return answer(id, action, lifetime, scope, alice());
  }
};

}  // namespace portreeve::policy
