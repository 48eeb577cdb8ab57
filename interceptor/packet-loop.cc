// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/packet-loop.h"

#include "common/clock.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr uint BATCHES_A_ROUND = 16;
// Some 500 packets, a millisecond's work; then verdicts get their turn.

constexpr auto BEFORE_BINDING_AGAIN = 1 * kj::SECONDS;
constexpr auto BETWEEN_LOOKS = 1 * kj::SECONDS;
constexpr auto WINDOW_LOOK = 10 * kj::MILLISECONDS;

}  // namespace

PacketLoop::Source::Source(kj::UnixEventPort& port, kj::Own<Queue> bound)
    : queue(kj::mv(bound)),
      observer(port, queue->fd(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

PacketLoop::PacketLoop(kj::UnixEventPort& port, kj::Timer& timer, kj::Vector<kj::Own<Queue>> queues,
                       const QueueStatistics& statistics, Pending& pending, Submitter& submitter,
                       KeepAwake& awake)
    : timer(timer),
      statistics(statistics),
      pending(pending),
      submitter(submitter),
      awake(awake),
      onPacket([this](const PacketFacts& facts, kj::ArrayPtr<const kj::byte> start) {
        admit(facts, start);
      }),
      tasks(*this) {
  for (auto& queue : queues) sources.add(kj::heap<Source>(port, kj::mv(queue)));
}

kj::Promise<void> PacketLoop::run() {
  kj::Vector<kj::Promise<void>> watching;
  for (auto& source : sources) watching.add(serve(*source));
  watching.add(lookAgain());
  return kj::joinPromises(watching.releaseAsArray());
}

kj::Promise<void> PacketLoop::serve(Source& source) {
  return whenBound(source).then([this, &source]() {
    if (notBound() == nullptr) bindings.fulfiller->fulfill();
    source.queue->start();
    readSoon();
    return watch(source);
  });
}

kj::Promise<void> PacketLoop::whenBound(Source& source) {
  if (source.queue->bound()) return kj::READY_NOW;
  return timer.afterDelay(BEFORE_BINDING_AGAIN).then([this, &source]() {
    if (source.queue->bind())
      log::info(kj::str("queue ", source.queue->number, " is free and ours again"));
    return whenBound(source);
  });
}

kj::Promise<void> PacketLoop::lookAgain() {
  // Whatever may be missed above: a queue that nobody reads fills up and stays so.
  return timer.afterDelay(BETWEEN_LOOKS).then([this]() {
    lookForOrphans();
    for (auto& source : sources) source->mayHaveMore = true;
    readSoon();
    return lookAgain();
  });
}

void PacketLoop::lookForOrphans() {
  for (auto& counts : statistics.read())
    for (auto& source : sources) {
      if (source->queue->number != counts.queue || !source->queue->bound()) continue;
      uint64_t held = counts.waiting == 0 ? 0 : pending.countOf(counts.queue);
      if (source->orphans.look(!source->mayHaveMore, counts.waiting, held))
        renew(*source, "the kernel held packets of which nothing was known here");
    }
}

void PacketLoop::takeAnew(proto::Hook hook, proto::Family family) {
  for (auto& source : sources) {
    auto& queue = *source->queue;
    if (queue.outgoing == (hook == proto::Hook::OUTPUT) && queue.family == family && queue.bound())
      renew(*source, "policy says that packets do not come through");
  }
}

void PacketLoop::renew(Source& source, kj::StringPtr why) {
  counts.renewed++;
  auto& queue = *source.queue;
  submitter.flush();  // it points into the pool
  size_t forgotten = pending.forget(queue.number);
  bool ours = queue.renew();
  log::warning(kj::str("queue ", queue.number, ": ", why, "; it was taken anew, and ", forgotten,
                       " that waited are dropped for the moment"));
  if (ours) return;
  tasks.add(whenBound(source).then([this, &source]() {
    source.queue->start();
    readSoon();
  }));
}

kj::Maybe<uint16_t> PacketLoop::notBound() const {
  for (auto& source : sources)
    if (!source->queue->bound()) return source->queue->number;
  return nullptr;
}

kj::Promise<void> PacketLoop::watch(Source& source) {
  // Apart from the reading, so that somebody waits whenever the loop looks: the kernel tells of an
  // arrival once, and when the queue is full there is no further one to tell of.
  return source.observer.whenBecomesReadable().then([this, &source]() {
    source.mayHaveMore = true;
    readSoon();
    return watch(source);
  });
}

void PacketLoop::readSoon() {
  if (reading) return;
  reading = true;
  tasks.add(readRound().then([this]() { reading = false; },
                             [this](kj::Exception&& e) {
                               reading = false;
                               log::exception("reading packets", e);
                             }));
}

kj::Promise<void> PacketLoop::readRound() {
  for (uint i = 0; i < BATCHES_A_ROUND; i++)
    if (!readMostUrgent()) return kj::READY_NOW;
  // Through the timer, not evalLater: the loop must look at every other descriptor in between.
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return readRound(); });
}

bool PacketLoop::readMostUrgent() {
  for (auto& source : sources) {
    if (!mayRead(*source)) continue;
    uint64_t before = counts.packets;
    source->mayHaveMore = source->queue->read(monotonicNs(), onPacket);
    submitter.flush();
    if (counts.packets != before) awake.packetsCame();
    source->queue->flush();
    setTimer();
    // Under a flood of arriving packets the outgoing queues are looked at after each batch.
    if (source->mayHaveMore && !source->queue->outgoing)
      for (auto& other : sources) other->mayHaveMore |= other->queue->outgoing;
    return true;
  }
  return false;
}

bool PacketLoop::mayRead(const Source& source) {
  if (!source.mayHaveMore || !source.queue->bound()) return false;
  if (source.queue->outgoing || !window.full(monotonicNs(), Queue::READ_AT_ONCE)) return true;
  readOnceWindowOpens();
  return false;
}

void PacketLoop::readOnceWindowOpens() {
  if (windowWasFull) return;
  windowWasFull = true;  // settle() looks at it; should nothing be settled, the timer does
  tasks.add(timer.afterDelay(WINDOW_LOOK).then([this]() {
    windowWasFull = false;
    readSoon();
  }));
}

void PacketLoop::admit(PacketFacts facts, kj::ArrayPtr<const kj::byte> start) {
  counts.packets++;
  if (facts.stamped != 0) {
    uint64_t now = wallNs();
    if (now >= facts.stamped) {
      inQueue.record(now - facts.stamped);
      facts.queued = uint32_t(kj::min(now - facts.stamped, uint64_t(UINT32_MAX)));
    }
  }
  KJ_IF_MAYBE (packet, pending.add(facts, start)) {
    if (facts.hook == proto::Hook::INPUT) window.admitted(facts.arrived);
    submitter.add(*packet);
  } else {
    counts.poolFull++;
    answer(facts, proto::Verdict::DROP_ONCE);
  }
}

void PacketLoop::settle(proto::SettleBatch::Reader batch) {
  uint64_t now = monotonicNs();
  uint64_t settled = 0;
  for (auto settlement : batch.getVerdicts()) {
    if (settlement.getVerdict() == proto::Verdict::ASK) {
      if (pending.renew(settlement.getId(), now))
        counts.renewedForPerson++;
      else
        counts.unknownIds++;
      continue;
    }
    KJ_IF_MAYBE (facts, pending.settle(settlement.getId())) {
      counts.settled++;
      if (!facts->asked) wait.record(now - facts->arrived);
      settled++;
      if (facts->hook == proto::Hook::INPUT) window.settled(facts->arrived);
      answer(*facts, settlement.getVerdict());
    } else {
      counts.unknownIds++;
    }
  }
  flushAnswers();
  if (settled > 0) answered.record(monotonicNs() - now, settled);
  if (windowWasFull) readSoon();
}

void PacketLoop::answer(const PacketFacts& facts, proto::Verdict verdict) {
  sourceOf(facts.queue).queue->answer(facts.kernelId, kernelVerdict(verdict, facts.mark));
}

void PacketLoop::flushAnswers() {
  for (auto& source : sources) source->queue->flush();
}

void PacketLoop::setTimer() {
  // One timer for the oldest packet; it is set again only when it has run, so a packet that is
  // settled costs none.
  if (timerSet) return;
  KJ_IF_MAYBE (deadline, pending.nextDeadline()) {
    uint64_t now = monotonicNs();
    auto delay = *deadline > now ? int64_t(*deadline - now) : 0;
    timerSet = true;
    tasks.add(timer.afterDelay(delay * kj::NANOSECONDS).then([this]() {
      timerSet = false;
      expire();
      setTimer();
    }));
  }
}

void PacketLoop::expire() {
  pending.expire(monotonicNs(), [this](const PacketFacts& facts) {
    counts.timedOut++;
    sourceOf(facts.queue).timedOut++;
    answer(facts, proto::Verdict::DROP_ONCE);
  });
  flushAnswers();
}

PacketLoop::Source& PacketLoop::sourceOf(uint16_t queue) {
  for (auto& source : sources)
    if (source->queue->number == queue) return *source;
  KJ_FAIL_ASSERT("a packet of a queue that is not ours", queue);
}

uint64_t PacketLoop::kernelErrors() const {
  uint64_t sum = 0;
  for (auto& source : sources) sum += source->queue->kernelErrors();
  return sum;
}

uint64_t PacketLoop::timedOutOf(uint16_t queue) const {
  for (auto& source : sources)
    if (source->queue->number == queue) return source->timedOut;
  return 0;
}

void PacketLoop::taskFailed(kj::Exception&& e) {
  log::exception("dropping packets whose time is up", e);
}

}  // namespace portreeve::interceptor
