// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/judge.h"

#include "common/clock.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

using proto::Verdict;
using rules::Direction;

bool sameProcess(const Program& a, const Program& b) {
  if (a.instance != 0 || b.instance != 0) return a.instance == b.instance;
  return a.kind == b.kind && a.pid == b.pid && a.uid.orDefault(0) == b.uid.orDefault(0);
}

bool isUnknown(const Program& program) {
  return program.kind == rules::ProcessKind::UNKNOWN && program.pid == 0;
}

kj::Vector<Tuple> only(const Tuple& tuple) {
  kj::Vector<Tuple> one;
  one.add(tuple);
  return one;
}

}  // namespace

Judge::Judge(kj::Timer& timer, JudgeParts parts)
    : timer(timer), parts(parts), learned([]() {}), tasks(*this) {}

void Judge::receive(proto::AttributedBatch::Reader batch) {
  // Whatever one of them is like, those before it get their verdict.
  KJ_DEFER(finishBatch());
  for (auto process : batch.getLearned()) learn(process);
  for (auto packet : batch.getFlows()) {
    counts.packets++;
    auto arrival = Arrival::from(packet, parts.programs);
    if (arrival.times.attribution > 0) attributing.record(arrival.times.attribution);
    take(kj::mv(arrival), Names::ASK);
  }
}

void Judge::learn(proto::Process::Reader process) {
  // Flows of some time ago have been told in full by what came later.
  constexpr uint64_t RECENT_NS = 60'000'000'000;
  KJ_IF_MAYBE (program, parts.programs.learn(process)) {
    uint64_t since = wallNs() - RECENT_NS;
    parts.flows.newestFirst([&](const Flow& flow) {
      if (flow.process.program.get() == program->get()) toTell.add(flow.id);
      return flow.startedNs > since;
    });
    if (parts.deciding.usesExamination()) learned();
  }
}

void Judge::resume(Arrival&& arrival) {
  KJ_DEFER(finishBatch());
  if (arrival.attributedNs != 0) arrival.times.question = monotonicNs() - arrival.attributedNs;
  arrival.attributedNs = 0;  // how long a person took says nothing of us
  take(kj::mv(arrival), Names::ASKED);
}

bool Judge::isForTheMoment(const Flow& flow, const Arrival& arrival, uint64_t nowWallNs) {
  return arrival.process.program->askAgain || parts.deciding.hangsOnExamination(flow, nowWallNs);
}

void Judge::take(Arrival&& arrival, Names names) {
  if (arrival.malformed) {
    counts.malformed++;
    return settle(arrival, Verdict::DROP_ONCE);
  }
  if (arrival.fragment) return judgeFragment(arrival);
  // Once, so that conntrack keeps nothing and the other hook asks, too.
  if (parts.probe.isProbe(arrival)) return settle(arrival, Verdict::ACCEPT_ONCE);
  if (parts.asking.holds(arrival)) return;
  parts.headings.note(arrival);
  // Before the verdict: the query must not reach the resolver ahead of it.
  if (arrival.hook == proto::Hook::OUTPUT && isDnsQuery(arrival.tuple))
    parts.askers.note(arrival.tuple, *arrival.process.program);
  bool against = false;
  Flow* flow = flowOf(arrival, against);
  if (flow != nullptr && belongs(*flow, arrival, against))
    return judgeAgain(*flow, kj::mv(arrival), against);
  if (flow != nullptr && flow->tracked) parts.lateEnds.expect(flow->tuple, flow->id, monotonicNs());
  judgeNew(kj::mv(arrival), names);
}

void Judge::finishBatch() {
  parts.settler.flush();
  for (auto id : toTell)
    if (const Flow* flow = parts.flows.find(id)) parts.flows.changed(*flow);
  toTell.clear();
}

Flow* Judge::flowOf(const Arrival& arrival, bool& against) {
  if (Flow* flow = parts.flows.findOpen(arrival.tuple)) return flow;
  against = true;
  return parts.flows.findOpen(answerOf(arrival.tuple));
}

bool Judge::belongs(const Flow& flow, const Arrival& arrival, bool against) const {
  // An answer, or the second half of a loopback flow, at which the process is the receiver.
  if (against || (flow.direction == Direction::OUT && arrival.hook == proto::Hook::INPUT))
    return true;
  if (!arrival.begins()) return true;
  // It would not have been asked about while conntrack had its verdict: that one is over.
  if (flow.tracked) return false;
  return isUnknown(*flow.process.program) ||
         sameProcess(*flow.process.program, *arrival.process.program);
}

Flow Judge::newFlow(const Arrival& arrival) const {
  auto heading = parts.headings.of(arrival);
  Flow flow;
  flow.tuple = heading.reversed ? answerOf(arrival.tuple) : arrival.tuple;
  flow.direction = heading.direction;
  flow.loopback = arrival.loopback;
  flow.establishedBefore = parts.earlier.holds(arrival.tuple, monotonicNs());
  flow.icmpType = arrival.icmpType;
  flow.icmpCode = arrival.icmpCode;
  flow.interface = kj::str(arrival.interface);
  flow.process = copy(arrival.process);
  flow.peer = copy(arrival.peer);
  flow.startedNs = wallNs();
  flow.lastSeenNs = monotonicNs();
  return flow;
}

void Judge::judgeNew(Arrival&& arrival, Names names) {
  auto flow = newFlow(arrival);
  uint64_t now = flow.startedNs;
  parts.deciding.lookUpNames(flow);
  if (names == Names::ASK && waitsForName(flow, arrival)) return;
  if (parts.deciding.decide(flow, now) == Deciding::Outcome::ASKS && asks(flow, arrival)) return;
  counts.flows++;
  Flow& kept = parts.flows.add(kj::mv(flow));
  // The nat rules would not see it: it is in the middle of what conntrack may know already.
  if (isTurning(kept.judgement.verdict) && !arrival.begins()) {
    toTell.add(kept.id);
    return restart(kept, arrival);
  }
  bool forTheMoment = isForTheMoment(kept, arrival, now);
  kept.tracked = isKept(kept.judgement.verdict) && !forTheMoment;
  if (!kept.tracked) parts.transient.add(kept);
  toTell.add(kept.id);
  kept.times = arrival.times;
  if (arrival.attributedNs != 0) kept.times.policy = monotonicNs() - arrival.attributedNs;
  settle(arrival, kept.judgement.verdict, forTheMoment);
}

bool Judge::asks(Flow& flow, Arrival& arrival) {
  // Whoever cannot be named just now is not asked about, nor one of which another rule may know
  // more in a moment: it comes again.
  if (isForTheMoment(flow, arrival, wallNs())) {
    flow.judgement.verdict = Verdict::DROP_ONCE;
    return false;
  }
  return parts.asking.ask(flow, arrival);
}

void Judge::judgeAgain(Flow& flow, Arrival&& arrival, bool against) {
  counts.again++;
  flow.lastSeenNs = monotonicNs();
  bool secondHalf =
      flow.direction == Direction::OUT && arrival.hook == proto::Hook::INPUT && !against;
  bool adopted = !against && !secondHalf && isUnknown(*flow.process.program) &&
                 !isUnknown(*arrival.process.program);
  if (adopted) flow.process = copy(arrival.process);
  bool metPeer = secondHalf && flow.peer == nullptr;
  if (metPeer) flow.peer = copy(arrival.process);
  uint64_t now = wallNs();
  parts.deciding.lookUpNames(flow);
  auto before = flow.judgement.verdict;
  bool hasEntry = flow.tracked || before == Verdict::ACCEPT_ONCE;
  auto outcome = parts.deciding.decide(flow, now);
  if (outcome == Deciding::Outcome::ASKS) return askAgain(flow, kj::mv(arrival));
  if (outcome != Deciding::Outcome::SAME || adopted || metPeer) toTell.add(flow.id);
  auto verdict = flow.judgement.verdict;
  if (isTurning(verdict) && verdict != before && hasEntry) return restart(flow, arrival);
  bool wasTransient = !flow.tracked;
  bool forTheMoment = isForTheMoment(flow, arrival, now);
  flow.tracked = isKept(verdict) && !forTheMoment;
  if (!flow.tracked && !wasTransient) parts.transient.add(flow);
  settle(arrival, verdict, forTheMoment);
}

void Judge::askAgain(Flow& flow, Arrival&& arrival) {
  auto fresh = newFlow(arrival);
  parts.deciding.lookUpNames(fresh);
  parts.deciding.decide(fresh, fresh.startedNs);
  // While it waits it is no flow: one begins with its verdict.
  if (asks(fresh, arrival)) return parts.flows.end(flow, wallNs());
  flow.judgement = kj::mv(fresh.judgement);
  bool wasTransient = !flow.tracked;
  bool forTheMoment = isForTheMoment(flow, arrival, fresh.startedNs);
  flow.tracked = isKept(flow.judgement.verdict) && !forTheMoment;
  if (!flow.tracked && !wasTransient) parts.transient.add(flow);
  toTell.add(flow.id);
  settle(arrival, flow.judgement.verdict, forTheMoment);
}

void Judge::judgeFragment(const Arrival& arrival) {
  counts.fragments++;
  settle(arrival, once(parts.deciding.withoutPorts(newFlow(arrival), wallNs())));
}

bool Judge::waitsForName(const Flow& flow, Arrival& arrival) {
  auto need =
      parts.deciding.needOf(flow, parts.lookups.mayBeBehind(*flow.process.program), flow.startedNs);
  if (need == Deciding::Need::NOTHING || held >= MOST_WAITING) return false;
  held++;
  counts.waitedForName++;
  // What the resolver told before the program could connect may lie unread in its socket while we
  // are busy with packets.
  auto known = need == Deciding::Need::TURN ? timer.afterDelay(0 * kj::NANOSECONDS)
                                            : parts.lookups.fetch(flow.remoteAddress());
  tasks.add(known.then([this, began = monotonicNs(), waiting = kj::mv(arrival)]() mutable {
    held--;
    waiting.times.name = monotonicNs() - began;
    KJ_DEFER(finishBatch());
    take(kj::mv(waiting), Names::ASKED);
  }));
  return true;
}

void Judge::restart(Flow& flow, const Arrival& arrival) {
  // Dropped now, without its entry: the next packet is the first of a new one, and nat sees it. TCP
  // has to connect again.
  counts.restarted++;
  if (arrival.isTcp()) {
    bool out = flow.direction == Direction::OUT;
    tasks.add(
        parts.kernel.destroySockets(only(out ? flow.tuple : answerOf(flow.tuple))).ignoreResult());
  }
  tasks.add(parts.kernel.deleteEntries(only(flow.tuple)).ignoreResult());
  parts.flows.end(flow, wallNs());
  settle(arrival, Verdict::DROP_ONCE);
}

void Judge::settle(const Arrival& arrival, Verdict verdict, bool forTheMoment) {
  if (forTheMoment || arrival.process.program->askAgain) {
    // Whoever could not be named must not be refused for it (dropped, it comes again), nor be
    // allowed for good. Nor what would be decided otherwise once its file has been looked at.
    counts.unnamed++;
    if (!letsThrough(verdict)) verdict = Verdict::DROP_ONCE;
    if (verdict == Verdict::ACCEPT) verdict = Verdict::ACCEPT_ONCE;
  }
  auto number = static_cast<size_t>(verdict);
  if (number < kj::size(counts.verdicts)) counts.verdicts[number]++;
  uint64_t now = monotonicNs();
  if (arrival.attributedNs != 0 && now >= arrival.attributedNs)
    judged.record(now - arrival.attributedNs);
  parts.settler.settle(arrival.id, verdict);
}

void Judge::taskFailed(kj::Exception&& e) {
  // Without the interceptor nothing passes either; when it is back the tables are compared.
  if (e.getType() != kj::Exception::Type::DISCONNECTED) log::exception("judging", e);
}

}  // namespace portreeve::policy
