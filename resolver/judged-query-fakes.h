// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: policy and upstreams as they are wished for, around real JudgedQueries.
#pragma once

#include "resolver/judged-query.h"
#include "resolver/message-samples.h"

#include <kj/debug.h>

namespace portreeve::resolver {

class FakePolicy final : public proto::NameJudge::Server {
public:
  explicit FakePolicy(kj::Vector<kj::String>& events) : events(events) {}

  kj::Promise<void> mayAsk(MayAskContext context) override {
    auto asked = context.getParams();
    events.add(kj::str("ask ", asked.getName(), ' ', asked.getType(), ' ',
                       asked.getClient().getSourcePort()));
    bool refused = kj::StringPtr(asked.getName()).startsWith("forbidden");
    context.getResults().setVerdict(refused ? proto::NameVerdict::REFUSE
                                            : proto::NameVerdict::ANSWER);
    if (refused) context.getResults().setRule("no one gets it");
    return kj::READY_NOW;
  }

  kj::Promise<void> answered(AnsweredContext context) override {
    uint64_t upTo = context.getParams().getRetoldUpTo();
    for (auto answer : context.getParams().getAnswers())
      events.add(kj::str("told ", answer.getName(), ' ', answer.getAddresses().size(),
                         answer.getAgain() ? kj::str(" again up to ", upTo) : kj::str()));
    return kj::READY_NOW;
  }

private:
  kj::Vector<kj::String>& events;
};

class FakeLink final : public Judge {
public:
  kj::Maybe<proto::NameJudge::Client> policy;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;

  AskerTableWriter table;
  AskerTableReader reader{table.descriptor()};

  kj::Maybe<proto::NameJudge::Client> present() override { return policy; }

  kj::Maybe<const AskerTableReader&> askers() override {
    if (policy == nullptr) return nullptr;
    return reader;
  }

  kj::Promise<proto::NameJudge::Client> whenThere() override {
    KJ_IF_MAYBE (present, policy) return *present;
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting.add(kj::mv(paf.fulfiller));
    return paf.promise.then([this]() { return whenThere(); });
  }

  void comes(proto::NameJudge::Client fresh) {
    policy = kj::mv(fresh);
    for (auto& one : waiting) one->fulfill();
  }
};

class FakeNames final : public NameSource {
public:
  explicit FakeNames(kj::Vector<kj::String>& events) : events(events) {}
  bool broken = false;

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    auto& question = lookup.question;
    events.add(kj::str("resolve ", question.name.text()));
    Answer answer;
    if (broken) {
      answer.rcode = RCODE_SERVFAIL;
      return Resolved{kj::mv(answer),
                      ExtendedError{ExtendedError::NO_REACHABLE_AUTHORITY, kj::str("no upstream")}};
    }
    if (question.type == TYPE_A)
      answer.answer.push_back({question.name, TYPE_A, CLASS_IN, 60, std::string("\xc0\0\2\1", 4)});
    return Resolved{kj::mv(answer), nullptr};
  }

private:
  kj::Vector<kj::String>& events;
};

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Vector<kj::String> events;
  FakeLink link;
  FakeNames names{events};
  NameMemory memory;
  RetoldTableWriter retold;
  CachingNames cached{names, timer};
  Settings::Resolver settings;
  NameFilter filter{settings, "/nonexistent"};
  LoopProbe loops{timer};
  LocalNames local;
  JudgedQueries queries{{link, cached, memory, retold, filter, local, loops, timer}};
  Tuple client;

  Fixture() {
    client.protocol = PROTOCOL_UDP;
    client.source = client.destination = KJ_ASSERT_NONNULL(Address::parse("127.0.0.1"));
    client.sourcePort = 4711;
    client.destinationPort = 53;
  }

  proto::NameJudge::Client policy() { return kj::heap<FakePolicy>(events); }
  void advance(kj::Duration duration) { timer.advanceTo(timer.now() + duration); }
  kj::String seen() { return kj::strArray(events, ", "); }

  kj::Promise<MaybeReply> ask(kj::StringPtr name, uint16_t type) {
    Sample sample;
    sample.header(RECURSION_DESIRED, {1, 0, 0, 1}).question(name, type).opt(1232);
    return queries.answer(client, sample.message());
  }
};

}  // namespace portreeve::resolver
