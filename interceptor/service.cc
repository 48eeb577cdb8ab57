// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/service.h"

#include "common/clock.h"
#include "common/marks.h"
#include "interceptor/policy-capabilities.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr size_t POOL = kj::size(QUEUES) * QUEUE_MAX_LENGTH;
// As many as can wait in the kernel.

}  // namespace

class Service::Bootstrap final : public proto::Interceptor::Server {
  // The RPC server lets only those in who may observe; policy's capabilities are for policy alone.
public:
  Bootstrap(Service& service, Entitlement entitlement)
      : service(service), entitlement(kj::mv(entitlement)) {}

  kj::Promise<void> forPolicy(ForPolicyContext context) override {
    entitlement.require(Role::POLICY);
    auto results = context.getResults();
    results.setSettle(service.policy.open());
    results.setConntrack(
        makeConntrack(service.timer, service.kernel.conntrack, service.kernel.listing));
    results.setSockets(makeSockets(service.kernel.sockets));
    results.setEnforcer(makeEnforcer(service.enforcer));
    service.feed.setWatcher(context.getParams().getWatcher());
    service.submitter.resubmit();
    return kj::READY_NOW;
  }

  kj::Promise<void> forGate(ForGateContext context) override {
    entitlement.require(Role::GATE);
    context.getResults().setOrigins(makeOrigins(service.kernel.conntrack));
    return kj::READY_NOW;
  }

  kj::Promise<void> queues(QueuesContext context) override {
    service.fillQueues(context.getResults());
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    service.fillStatus(context.getResults().initStatuses(1)[0]);
    return kj::READY_NOW;
  }

  kj::Promise<void> versions(VersionsContext context) override {
    fillVersions(context.getResults());
    return kj::READY_NOW;
  }

private:
  Service& service;
  Entitlement entitlement;
};

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts,
                 const Settings::Interceptor& settings, const Directories& directories,
                 kj::AutoCloseFd rpcSocket, Kernel& kernel, service::Notifier& notifier)
    : kernel(kernel),
      queueList(queueNumbers(settings.queues)),
      timer(io.provider->getTimer()),
      pending(POOL, uint64_t(settings.timeoutMs) * 1'000'000, monotonicNs() / 1000),
      submitter(*io.lowLevelProvider, timer, directories.socket("attributor"), pending,
                kernel.netns),
      awake(kj::mv(kernel.latencyRequest), timer),
      packets(io.unixEventPort, timer, kj::mv(kernel.queues), kernel.statistics, pending, submitter,
              awake),
      feed(timer),
      conntrackEvents(io.unixEventPort, timer, kj::mv(kernel.conntrackEvents), feed),
      socketEvents(io.unixEventPort, timer, kj::mv(kernel.socketEvents), kernel.conntrack, feed),
      cleaning(timer, kernel.conntrack),
      enforcer(*io.lowLevelProvider, timer, directories.socket("keeper"), cleaning, packets,
               notifier),
      policy(io.unixEventPort, packets, [this]() { feed.setWatcher(nullptr); }),
      ownStatus(Role::INTERCEPTOR),
      rpc(*io.lowLevelProvider, rpcSocket.release(), accounts, [this](Entitlement entitlement) {
        return kj::heap<Bootstrap>(*this, kj::mv(entitlement));
      }) {
  addCounters();
}

kj::Promise<void> Service::serve() {
  return packets.run()
      .exclusiveJoin(conntrackEvents.run())
      .exclusiveJoin(socketEvents.run())
      .exclusiveJoin(rpc.serve());
}

void Service::addCounters() {
  auto counter = [this](kj::StringPtr name, const uint64_t& value) {
    ownStatus.addCounter(name, [&value]() { return double(value); });
  };
  counter("packets", packets.counters().packets);
  counter("submitted", submitter.counters().submitted);
  counter("resubmitted", submitter.counters().resubmitted);
  counter("ring_full", submitter.counters().full);
  counter("ring_away", submitter.counters().away);
  counter("settled", packets.counters().settled);
  counter("timed_out", packets.counters().timedOut);
  counter("unknown_ids", packets.counters().unknownIds);
  counter("pool_full", packets.counters().poolFull);
  counter("queues_renewed", packets.counters().renewed);
  counter("waits_renewed", packets.counters().renewedForPerson);
  counter("flows_ended", feed.counters().flowsEnded);
  counter("sockets_closed", feed.counters().socketsClosed);
  counter("events_missed", feed.counters().missed);
  ownStatus.addCounter("kernel_errors", [this]() { return double(packets.kernelErrors()); });
  ownStatus.addCounter("malformed", [this]() { return double(policy.malformed()); });
  ownStatus.addCounter("kept_awake_ms",
                       [this]() { return double(awake.held() / kj::MILLISECONDS); });
  ownStatus.addCounter("waiting", [this]() { return double(pending.size()); });
  ownStatus.addCounter("wait_p50_us",
                       [this]() { return double(packets.waited().percentile(50)) / 1000; });
  ownStatus.addCounter("wait_p99_us",
                       [this]() { return double(packets.waited().percentile(99)) / 1000; });
  ownStatus.addLatency("queue", packets.queued());
  ownStatus.addLatency("verdict", packets.answering());
  ownStatus.addLatency("whole", packets.waited());
}

bool Service::enforcing() const {
  return packets.notBound() == nullptr && enforcer.enforcing() && submitter.connected() &&
         policy.connected();
}

kj::String Service::whoHolds(uint16_t queue) const {
  kj::String holder = kj::str("another program");
  for (auto& one : kernel.statistics.read())
    if (one.queue == queue) holder = kj::str(holder, ", mostly pid ", one.holder);
  return kj::str("queue ", queue, " is held by ", holder,
                 " (Portmaster, or a second portreeve?): what is new is not ours to decide; stop "
                 "that program, and the queue is taken back within a second");
}

kj::String Service::whyNot() const {
  KJ_IF_MAYBE (queue, packets.notBound()) return whoHolds(*queue);
  if (!enforcer.enforcing()) return kj::str(enforcer.reason());
  if (!submitter.connected())
    return kj::str("the attributor does not answer: new connections wait and are then dropped");
  if (!policy.connected())
    return kj::str("policy is not there: new connections wait and are then dropped");
  return kj::String();
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  ownStatus.setState(enforcing() ? "running" : "degraded", whyNot());
  ownStatus.fill(builder);
}

void Service::fillQueues(proto::Interceptor::QueuesResults::Builder results) {
  auto counts = kernel.statistics.read();
  auto list = results.initQueues(uint(queueList.size()));
  for (uint i = 0; i < list.size(); i++) {
    list[i].setQueue(queueList[i]);
    list[i].setTimedOut(double(packets.timedOutOf(queueList[i])));
    for (auto& one : counts) {
      if (one.queue != queueList[i]) continue;
      list[i].setWaiting(double(one.waiting));
      list[i].setSeen(double(one.seen));
      list[i].setOverflowed(double(one.overflowed));
      list[i].setLost(double(one.lost));
    }
  }
  results.setEnforcing(enforcing());
  results.setReason(whyNot());
}

}  // namespace portreeve::interceptor
