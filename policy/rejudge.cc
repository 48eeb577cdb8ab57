// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rejudge.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/marks.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

using proto::Verdict;

constexpr size_t FLOWS_A_TURN = 512;  // half a millisecond's work
constexpr uint64_t YOUNG_NS = 1000000000;
constexpr auto ONCE_MORE_AFTER = 100 * kj::MILLISECONDS;
// Of a flow that was judged just before, the old verdict may reach the kernel behind our act: a
// settlement and an RPC call go different ways. There it is done a second time.

Tuple localFirst(const Flow& flow) {
  return flow.direction == rules::Direction::OUT ? flow.tuple : answerOf(flow.tuple);
}

bool isUnknown(const Program& program) {
  return program.kind == rules::ProcessKind::UNKNOWN && program.pid == 0;
}

}  // namespace

struct Rejudge::Young {
  uint64_t id;
  Verdict verdict;
};

struct Rejudge::Pass {
  kj::Vector<uint64_t> ids;
  size_t next = 0;
  uint32_t affected = 0;
  Acts acts;
  kj::Vector<Young> young;
};

Rejudge::Rejudge(kj::Timer& timer, FlowTable& flows, TransientFlows& transient, LateEnds& lateEnds,
                 Deciding& deciding, KernelActs& kernel)
    : timer(timer),
      flows(flows),
      transient(transient),
      lateEnds(lateEnds),
      deciding(deciding),
      kernel(kernel),
      last(kj::Promise<void>(kj::READY_NOW).fork()),
      tasks(*this) {}

kj::Promise<uint32_t> Rejudge::run() {
  // One after the other: what the kernel is told last is what the last rules say.
  auto mine = last.addBranch().then([this]() { return pass(); }).fork();
  last = mine.addBranch().ignoreResult().fork();
  return mine.addBranch();
}

kj::Promise<uint32_t> Rejudge::pass() {
  auto pass = kj::heap<Pass>();
  owing = false;
  flows.forEachOpen([&](Flow& flow) { pass->ids.add(flow.id); });
  std::sort(pass->ids.begin(), pass->ids.end());
  auto judged = goOn(*pass);
  return judged
      .then([this, &pass = *pass]() {
        if (!pass.young.empty())
          tasks.add(timer.afterDelay(ONCE_MORE_AFTER).then([this, young = kj::mv(pass.young)]() {
            return onceMore(young);
          }));
        return perform(kj::mv(pass.acts));
      })
      .catch_([this](kj::Exception&& e) {
        owing = true;
        taskFailed(kj::mv(e));
      })
      .then([pass = kj::mv(pass)]() { return pass->affected; });
}

kj::Promise<void> Rejudge::onceMore(kj::ArrayPtr<const Young> young) {
  Acts acts;
  for (auto& one : young) {
    Flow* flow = flows.find(one.id);
    // Changed since by other rules: these have seen to it.
    if (flow == nullptr || !flow->open() || flow->judgement.verdict != one.verdict) continue;
    if (!letsThrough(one.verdict)) stop(*flow, acts);
    acts.marks.add(MarkChange{flow->tuple, isPermanent(one.verdict) ? markOf(one.verdict) : 0});
  }
  return perform(kj::mv(acts));
}

kj::Promise<void> Rejudge::goOn(Pass& pass) {
  size_t end = std::min(pass.ids.size(), pass.next + FLOWS_A_TURN);
  for (; pass.next < end; pass.next++) {
    Flow* flow = flows.find(pass.ids[pass.next]);
    if (flow != nullptr && flow->open() && judge(*flow, pass)) pass.affected++;
  }
  if (pass.next == pass.ids.size()) return kj::READY_NOW;
  // Through the timer: packets get their turn in between.
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this, &pass]() { return goOn(pass); });
}

bool Rejudge::judge(Flow& flow, Pass& pass) {
  auto before = flow.judgement.verdict;
  // Nothing of it is in the kernel: when it tries again it is judged by the new rules.
  if (!flow.tracked && !letsThrough(before)) return false;
  if (flow.judgement.origin == DECIDED_BEFORE && isUnknown(*flow.process.program)) {
    askAgain(flow, pass.acts);
    return false;
  }
  uint64_t now = wallNs();
  deciding.lookUpNames(flow);
  switch (deciding.decide(flow, now)) {
    case Deciding::Outcome::SAME:
      return false;
    case Deciding::Outcome::REWORDED:
      flows.changed(flow);
      return false;
    case Deciding::Outcome::ASKS:
      // It was refused, and the kernel keeps that: its next packet asks.
      if (flow.tracked) askAgain(flow, pass.acts);
      return false;
    case Deciding::Outcome::CHANGED:
      break;
  }
  if (flow.lastSeenNs + YOUNG_NS > monotonicNs())
    pass.young.add(Young{flow.id, flow.judgement.verdict});
  act(flow, before, pass.acts);
  if (flow.open()) flows.changed(flow);
  return true;
}

void Rejudge::act(Flow& flow, Verdict before, Acts& acts) {
  auto verdict = flow.judgement.verdict;
  if (isTurning(verdict) || isTurning(before)) {
    // Which way it goes is settled with the first packet of a conntrack entry.
    stop(flow, acts);
    acts.remove.add(flow.tuple);
    lateEnds.expect(flow.tuple, flow.id, monotonicNs());
    flows.end(flow, wallNs());
    return;
  }
  if (letsThrough(before) && !letsThrough(verdict)) stop(flow, acts);
  // 0: asked about packet by packet.
  acts.marks.add(MarkChange{flow.tuple, isPermanent(verdict) ? markOf(verdict) : 0});
  if (isPermanent(verdict))
    flow.tracked = true;
  else
    leaveUntracked(flow);
}

void Rejudge::askAgain(Flow& flow, Acts& acts) {
  acts.marks.add(MarkChange{flow.tuple, 0});
  leaveUntracked(flow);
}

void Rejudge::stop(const Flow& flow, Acts& acts) {
  if (flow.tuple.protocol != PROTOCOL_TCP) return;
  acts.destroy.add(localFirst(flow));
  if (flow.loopback) acts.destroy.add(answerOf(localFirst(flow)));
}

void Rejudge::leaveUntracked(Flow& flow) {
  if (!flow.tracked) return;
  flow.tracked = false;
  flow.lastSeenNs = monotonicNs();
  transient.add(flow);
}

kj::Promise<void> Rejudge::perform(Acts acts) {
  // Sockets first: the reset that tells the other side is itself subject to the mark.
  return kernel.destroySockets(kj::mv(acts.destroy))
      .then([this, marks = kj::mv(acts.marks)](uint32_t) mutable {
        return kernel.setMarks(kj::mv(marks));
      })
      .then([this, remove = kj::mv(acts.remove)](uint32_t) mutable {
        return kernel.deleteEntries(kj::mv(remove));
      })
      .ignoreResult();
}

void Rejudge::taskFailed(kj::Exception&& e) {
  // The interceptor that comes back is compared with the table.
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("acting on changed rules", e);
}

}  // namespace portreeve::policy
