// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/gate-routes.h"

#include "common/address-message.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/socket-tuple.h"

#include <capnp/message.h>
#include <kj/debug.h>

namespace portreeve::policy {
namespace {

using proto::Verdict;

constexpr size_t LONGEST_NAME = 255;  // RFC 1035, 2.3.4
constexpr size_t MOST_TOLD_AT_ONCE = 1024;
constexpr auto FINDING_PATIENCE = 200 * kj::MILLISECONDS;

void setWays(kj::ArrayPtr<const kj::String> ways, capnp::List<capnp::Text>::Builder to) {
  for (uint i = 0; i < ways.size(); i++) to.set(i, ways[i]);
}

Flow flowTo(const Tuple& tuple, kj::Own<Program> program, kj::StringPtr name) {
  Flow flow;
  flow.tuple = tuple;
  flow.process.program = kj::mv(program);
  if (name.size() > 0) flow.names.add(FlowName{kj::str(name), rules::NameSource::PROCESS});
  return flow;
}

bool leavesPlainly(Verdict verdict) {
  // What the kernel would turn to the resolver does not leave.
  return verdict == Verdict::ACCEPT || verdict == Verdict::ACCEPT_ONCE ||
         verdict == Verdict::GATE17;
}

kj::Maybe<const rules::Rule&> mightForbid(const rules::RuleSet& set, const rules::FlowFacts& facts,
                                          const rules::Decision& decision, uint64_t nowWallNs) {
  // Where the far end looks the name up no address is known here, so a rule over addresses that
  // might refuse it counts as one that does.
  for (auto& rule : set.rules()) {
    if (&rule == decision.rule) break;
    if (!rule.expired(nowWallNs) && !rules::letsThrough(rule.action) &&
        rule.test(facts) == rules::Match::MAYBE)
      return rule;
  }
  return nullptr;
}

}  // namespace

class GateRoutes::Server final : public proto::Routes::Server {
public:
  explicit Server(GateRoutes& all) : all(all) {}

  kj::Promise<void> routeOf(RouteOfContext context) override {
    auto results = context.getResults();
    Flow* flow = all.flows.findOpen(Tuple::from(context.getParams().getOriginal()));
    if (flow == nullptr || flow->judgement.verdict != Verdict::GATE17) return kj::READY_NOW;
    auto& ways = flow->judgement.ways;
    all.carried.insert(flow->id);
    results.setFound(true);
    setWays(ways, results.initWays(uint(ways.size())));
    results.setName(flow->judgement.domain);
    return kj::READY_NOW;
  }

  kj::Promise<void> mayReach(MayReachContext context) override {
    auto asked = context.getParams();
    KJ_REQUIRE(asked.getName().size() <= LONGEST_NAME, "the name is too long");
    return all.programOf(Tuple::from(asked.getClient()))
        .then([this, context](kj::Own<Program>&& program) mutable {
          judge(kj::mv(program), context.getParams(), context.getResults());
        });
  }

  kj::Promise<void> wentBy(WentByContext context) override {
    auto told = context.getParams();
    Flow* flow = all.flows.findOpen(Tuple::from(told.getOriginal()));
    if (flow == nullptr || flow->way == told.getWay()) return kj::READY_NOW;
    flow->way = kj::str(told.getWay());
    all.flows.changed(*flow);
    return kj::READY_NOW;
  }

private:
  GateRoutes& all;

  void judge(kj::Own<Program> program, MayReachParams::Reader asked,
             MayReachResults::Builder results) {
    auto client = Tuple::from(asked.getClient());
    auto address = fromMessage(asked.getAddress());
    auto tuple = tupleBetween(asked.getProtocol(), {client.source, 0}, {address, asked.getPort()});
    uint64_t now = wallNs();
    auto flow = flowTo(tuple, kj::mv(program), asked.getName());
    bool named = asked.getName().size() > 0;
    if (!named) all.deciding.lookUpNames(flow);
    FactsOf facts(flow);
    rules::FlowFacts seen = facts.first();
    seen.known.address = !named;
    seen.known.local = seen.known.interface = false;
    auto& set = all.inForce();
    auto decision = set.decide(seen, now);
    auto* decider = decision.rule;
    bool allowed = leavesPlainly(decision.verdict);
    KJ_IF_MAYBE (rule, mightForbid(set, seen, decision, now)) {
      allowed = false;
      decider = rule;
    }
    results.setAllowed(allowed);
    if (!named) results.setName(decision.domain);
    results.setRule(decider->name);
    if (allowed) set.count(decision, now);
    setWays(decider->ways, results.initWays(uint(decider->ways.size())));
  }
};

GateRoutes::GateRoutes(kj::Timer& timer, FlowTable& flows, Deciding& deciding,
                       Deciding::InForce inForce, FindProcess findProcess)
    : timer(timer),
      flows(flows),
      deciding(deciding),
      inForce(kj::mv(inForce)),
      findProcess(kj::mv(findProcess)),
      tasks(*this) {
  flows.observe(*this);
}

GateRoutes::~GateRoutes() noexcept(false) {
  flows.stopObserving(*this);
}

proto::Routes::Client GateRoutes::make(proto::RouteWatcher::Client newest) {
  watcher = kj::mv(newest);
  carried.clear();
  ended.clear();
  return kj::heap<Server>(*this);
}

void GateRoutes::flowChanged(const Flow& flow) {
  if (flow.open() || carried.erase(flow.id) == 0) return;
  ended.add(flow.tuple);
  // Those that end together are told together.
  if (ended.size() == 1) tasks.add(kj::evalLater([this]() { return tellEnded(); }));
}

kj::Promise<void> GateRoutes::tellEnded() {
  KJ_IF_MAYBE (listener, watcher) {
    auto request = listener->endedRequest();
    uint count = uint(kj::min(ended.size(), MOST_TOLD_AT_ONCE));
    auto originals = request.initOriginals(count);
    for (uint i = 0; i < count; i++) ended[i].to(originals[i]);
    kj::Vector<Tuple> rest;
    for (auto& tuple : ended.asPtr().slice(count, ended.size())) rest.add(tuple);
    ended = kj::mv(rest);
    auto sent = request.send();
    if (ended.empty()) return sent;
    return sent.then([this]() { return tellEnded(); });
  }
  ended.clear();
  return kj::READY_NOW;
}

kj::Promise<kj::Own<Program>> GateRoutes::programOf(const Tuple& client) {
  if (Flow* flow = flows.findOpen(client)) return kj::addRef(*flow->process.program);
  // Its connection is older than we are.
  return timer.timeoutAfter(FINDING_PATIENCE, findProcess(client))
      .catch_([](kj::Exception&& e) -> kj::Own<Program> {
        log::debug(kj::str("finding who speaks to the gate: ", e.getDescription()));
        return Program::unknown("the attributor did not tell who it is");
      });
}

void GateRoutes::taskFailed(kj::Exception&& e) {
  // The gate that comes back asks for each of its flows again.
  ended.clear();
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("telling the gate of ended flows", e);
}

}  // namespace portreeve::policy
