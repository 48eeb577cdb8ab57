// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/conntrack-walk.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/marks.h"
#include "policy/askers.h"
#include "policy/kernel-watcher.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

constexpr auto REFRESH_PATIENCE = 500 * kj::MILLISECONDS;
constexpr auto BETWEEN_REFRESHES = 300 * kj::MILLISECONDS;
constexpr uint64_t SETTLED_NS = 2000000000;
// A flow that was judged within this time may not have its entry, or its mark, yet.

Flow strangerOf(const Tuple& tuple, const KnownSockets& known) {
  Flow flow;
  flow.tuple = tuple;
  bool in = known.isLocal(tuple.destination) && !known.isLocal(tuple.source);
  flow.direction = in ? rules::Direction::IN : rules::Direction::OUT;
  flow.loopback = tuple.destination.scope() == Scope::LOCALHOST;
  flow.process = Party{Program::unknown(DECIDED_BEFORE)};
  if (tuple.protocol == PROTOCOL_ICMP || tuple.protocol == PROTOCOL_ICMPV6) {
    flow.icmpType = uint8_t(tuple.destinationPort >> 8);
    flow.icmpCode = uint8_t(tuple.destinationPort);
  }
  return flow;
}

}  // namespace

void KnownSockets::add(Flow flow) {
  local.insert(flow.localAddress());
  auto found = flows.find(flow.tuple);
  if (found == flows.end()) {
    auto tuple = flow.tuple;
    flows.emplace(tuple, kj::mv(flow));
    return;
  }
  Flow& other = found->second;
  if (other.direction == flow.direction) return;
  bool sender = flow.direction == rules::Direction::OUT;
  Flow& out = sender ? flow : other;
  Flow& in = sender ? other : flow;
  out.peer = kj::mv(in.process);
  out.loopback = true;
  if (sender) other = kj::mv(flow);
}

bool bypassesResolver(const Flow& flow) {
  return flow.direction == rules::Direction::OUT && isDnsQuery(flow.tuple) && !flow.loopback &&
         flow.tuple.destination.scope() != Scope::LOCALHOST && !flow.process.program->suite;
}

kj::Maybe<Flow&> KnownSockets::find(const Tuple& tuple) {
  auto found = flows.find(tuple);
  if (found == flows.end()) found = flows.find(answerOf(tuple));
  if (found == flows.end()) return nullptr;
  return found->second;
}

kj::Maybe<Flow> KnownSockets::take(const Tuple& tuple) {
  KJ_IF_MAYBE (flow, find(tuple)) {
    auto node = flows.extract(flow->tuple);
    return kj::mv(node.mapped());
  }
  return nullptr;
}

kj::Vector<Flow> KnownSockets::takeAll() {
  kj::Vector<Flow> all(flows.size());
  for (auto& entry : flows) all.add(kj::mv(entry.second));
  flows.clear();
  return all;
}

struct ConntrackWalk::Restoring {
  uint32_t walk;
  uint64_t beganNs;
  bool socketsKnown;
  KnownSockets known;
  kj::Vector<MarkChange> marks;
  kj::Vector<Tuple> remove;
};

ConntrackWalk::ConntrackWalk(kj::Timer& timer, FlowTable& flows, TransientFlows& transient,
                             Deciding& deciding, KernelActs& kernel)
    : timer(timer),
      flows(flows),
      transient(transient),
      deciding(deciding),
      kernel(kernel),
      refreshed(timer.now() - BETWEEN_REFRESHES),
      last(kj::Promise<void>(kj::READY_NOW).fork()),
      tasks(*this) {}

kj::Promise<void> ConntrackWalk::afterLast(kj::Function<kj::Promise<void>()> walk) {
  auto held = kj::heap(kj::mv(walk));
  auto mine = last.addBranch()
                  .then([this, held = kj::mv(held)]() mutable {
                    walked++;
                    auto done = (*held)();
                    return done.attach(kj::mv(held));
                  })
                  .fork();
  // Whoever comes next waits for the end, not for success.
  last = mine.addBranch().catch_([](kj::Exception&&) {}).fork();
  return mine.addBranch();
}

kj::Promise<void> ConntrackWalk::listEach(KernelActs::OnEntry onEntry) {
  return afterLast(
      [this, onEntry = kj::mv(onEntry)]() mutable { return kernel.list(kj::mv(onEntry)); });
}

kj::Promise<void> ConntrackWalk::restore(KnownSockets known) {
  return walkAll(kj::mv(known), true);
}

kj::Promise<void> ConntrackWalk::compare() {
  return walkAll(KnownSockets(), false);
}

kj::Promise<void> ConntrackWalk::walkAll(KnownSockets known, bool socketsKnown) {
  return afterLast([this, known = kj::mv(known), socketsKnown]() mutable {
    auto restoring = kj::heap<Restoring>(
        Restoring{++number, monotonicNs(), socketsKnown, kj::mv(known), {}, {}});
    auto listed =
        kernel.list([this, &all = *restoring](const TrackedEntry& entry) { meet(entry, all); });
    return listed.then([this, restoring = kj::mv(restoring)]() mutable {
      endUnseen(restoring->walk, restoring->beganNs);
      adoptSessions(restoring->known);
      auto marked = kernel.setMarks(kj::mv(restoring->marks));
      auto removed = kernel.deleteEntries(kj::mv(restoring->remove));
      return marked.ignoreResult().then(
          [removed = kj::mv(removed)]() mutable { return removed.ignoreResult(); });
    });
  });
}

void ConntrackWalk::meet(const TrackedEntry& entry, Restoring& restoring) {
  auto verdict = verdictOf(entry.mark);
  auto socket = restoring.known.take(entry.tuple);
  bool unheld = restoring.socketsKnown && socket == nullptr &&
                entry.tuple.protocol == PROTOCOL_UDP && letsThrough(verdict);
  Flow* flow = flowOf(entry);
  if (flow == nullptr) {
    if (!isPermanent(verdict)) return;
    Flow& adopted = adopt(entry, kj::mv(socket), restoring);
    if (unheld) askAgain(entry, adopted, restoring);
    return;
  }
  update(entry, restoring.walk);
  if (flow->lastSeenNs + SETTLED_NS > monotonicNs()) return;
  auto decided = flow->judgement.verdict;
  if (isPermanent(verdict) && isPermanent(decided) && verdict != decided)
    restoring.marks.add(MarkChange{entry.tuple, markOf(decided)});
  else if (unheld)
    askAgain(entry, *flow, restoring);
}

void ConntrackWalk::askAgain(const TrackedEntry& entry, Flow& flow, Restoring& restoring) {
  if (isTurning(verdictOf(entry.mark))) {
    restoring.remove.add(entry.tuple);
    return;
  }
  restoring.marks.add(MarkChange{entry.tuple, 0});
  flow.tracked = false;
  flow.lastSeenNs = monotonicNs();
  transient.add(flow);
}

kj::Promise<void> ConntrackWalk::refreshBytes() {
  KJ_IF_MAYBE (under, refreshing) return under->addBranch();
  if (timer.now() - refreshed < BETWEEN_REFRESHES) return kj::READY_NOW;
  auto listed = afterLast([this]() {
    uint32_t walk = ++number;
    uint64_t began = monotonicNs();
    return kernel.list([this, walk](const TrackedEntry& entry) { update(entry, walk); })
        .then([this, walk, began]() { endUnseen(walk, began); });
  });
  auto bounded = timer.timeoutAfter(REFRESH_PATIENCE, kj::mv(listed))
                     .catch_([](kj::Exception&& e) {
                       if (e.getType() == kj::Exception::Type::FAILED)
                         log::exception("listing conntrack", e);
                     })
                     .fork();
  auto branch = bounded.addBranch();
  tasks.add(bounded.addBranch().then([this]() {
    refreshed = timer.now();
    refreshing = nullptr;
  }));
  refreshing = kj::mv(bounded);
  return branch;
}

Flow* ConntrackWalk::flowOf(const TrackedEntry& entry) {
  if (Flow* flow = flows.findOpen(entry.tuple)) return flow;
  return flows.findOpen(answerOf(entry.tuple));
}

void ConntrackWalk::update(const TrackedEntry& entry, uint32_t walk) {
  Flow* flow = flowOf(entry);
  if (flow == nullptr) return;
  flow->walk = walk;
  if (takeBytes(*flow, entry)) flows.progressed(*flow);
}

Flow& ConntrackWalk::adopt(const TrackedEntry& entry, kj::Maybe<Flow> socket,
                           Restoring& restoring) {
  Flow flow;
  KJ_IF_MAYBE (present, socket) {
    flow = kj::mv(*present);
  } else {
    flow = strangerOf(entry.tuple, restoring.known);
  }
  flow.judgement.verdict = verdictOf(entry.mark);
  flow.judgement.origin = kj::str(DECIDED_BEFORE);
  flow.tracked = true;
  flow.walk = restoring.walk;
  flow.startedNs = wallNs();
  flow.lastSeenNs = monotonicNs();
  Flow& kept = flows.add(kj::mv(flow));
  takeBytes(kept, entry);
  flows.changed(kept);
  return kept;
}

void ConntrackWalk::adoptSessions(KnownSockets& known) {
  // TCP is only established when it was let through once: from before the rules were there, idle
  // ever since.
  for (auto& flow : known.takeAll()) {
    if (flow.tuple.protocol != PROTOCOL_TCP || flows.findOpen(flow.tuple) != nullptr) continue;
    if (bypassesResolver(flow)) continue;
    flow.establishedBefore = true;
    Flow& kept = flows.add(kj::mv(flow));
    deciding.decide(kept, wallNs());
    flows.changed(kept);
  }
}

void ConntrackWalk::endUnseen(uint32_t walk, uint64_t beganNs) {
  kj::Vector<Flow*> unseen;
  flows.forEachOpen([&](Flow& flow) {
    if (flow.tracked && flow.walk != walk && flow.lastSeenNs + SETTLED_NS < beganNs)
      unseen.add(&flow);
  });
  for (auto flow : unseen) flows.end(*flow, wallNs());
}

void ConntrackWalk::taskFailed(kj::Exception&& e) {
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("comparing flows with conntrack", e);
}

}  // namespace portreeve::policy
