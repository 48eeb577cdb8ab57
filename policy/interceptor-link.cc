// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/interceptor-link.h"

#include "common/descriptor-capability.h"
#include "common/log.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::policy {
namespace {

constexpr size_t MOST_IN_A_CALL = 1024;
constexpr auto BEFORE_RENEWING = 20 * kj::MILLISECONDS;

template <typename Item, typename Send>
kj::Promise<uint32_t> inPieces(kj::Vector<Item> items, Send send) {
  // All calls go out at once: they are answered in their order.
  auto missing = kj::heap<uint32_t>(0);
  kj::Vector<kj::Promise<void>> calls;
  for (size_t start = 0; start < items.size(); start += MOST_IN_A_CALL) {
    auto piece = items.slice(start, std::min(items.size(), start + MOST_IN_A_CALL));
    calls.add(send(piece).then([&sum = *missing](uint32_t some) { sum += some; }));
  }
  return kj::joinPromises(calls.releaseAsArray()).then([sum = kj::mv(missing)]() { return *sum; });
}

TrackedEntry entryFrom(proto::TrackedFlow::Reader reader) {
  return TrackedEntry{Tuple::from(reader.getTuple()), reader.getMark(), reader.getOriginalBytes(),
                      reader.getReplyBytes(), reader.getAssured()};
}

kj::Promise<void> listFrom(proto::Conntrack::Client conntrack, uint64_t after,
                           kj::Own<KernelActs::OnEntry> onEntry) {
  auto request = conntrack.listRequest();
  request.setAfter(after);
  return request.send().then([conntrack = kj::mv(conntrack),
                              onEntry = kj::mv(onEntry)](auto&& page) mutable -> kj::Promise<void> {
    for (auto flow : page.getFlows()) (*onEntry)(entryFrom(flow));
    if (page.getNext() == 0) return kj::READY_NOW;
    return listFrom(kj::mv(conntrack), page.getNext(), kj::mv(onEntry));
  });
}

}  // namespace

InterceptorLink::InterceptorLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                                 kj::StringPtr socket, SettleArrow& settle, MakeWatcher makeWatcher,
                                 Steps steps)
    : timer(timer),
      settle(settle),
      makeWatcher(kj::mv(makeWatcher)),
      steps(kj::mv(steps)),
      tasks(*this),
      peer(provider, timer, socket, [this](capnp::Capability::Client client) {
        return establish(client.castAs<proto::Interceptor>());
      }) {}

kj::Promise<void> InterceptorLink::establish(proto::Interceptor::Client interceptor) {
  held = nullptr;
  settle.close();
  return steps.before()
      .then([this, interceptor = kj::mv(interceptor)]() mutable {
        return takeOver(kj::mv(interceptor));
      })
      .then([this]() { return capabilities().enforcer.rulesPresentRequest().send(); })
      .then([this](auto&& answer) { return steps.begin(answer.getPresent()); })
      .then([this]() { return enforce(); });
}

kj::Promise<void> InterceptorLink::takeOver(proto::Interceptor::Client interceptor) {
  auto request = interceptor.forPolicyRequest();
  request.setWatcher(makeWatcher());
  return request.send()
      .then([this](auto&& answer) {
        held = Capabilities{answer.getConntrack(), answer.getSockets(), answer.getEnforcer()};
        return descriptorOf(answer.getSettle());
      })
      .then([this](kj::Maybe<kj::AutoCloseFd> sender) {
        settle.open(
            KJ_REQUIRE_NONNULL(kj::mv(sender), "the interceptor's arrow carries no descriptor"));
      });
}

kj::Promise<void> InterceptorLink::enforce() {
  return capabilities().enforcer.enforceRequest().send().then(
      [this](auto&&) { steps.enforcing(); });
}

void InterceptorLink::renew() {
  if (renewing) return;
  renewing = true;
  tasks.add(timer.afterDelay(BEFORE_RENEWING).then([this]() {
    renewing = false;
    return renewNow();
  }));
}

kj::Promise<void> InterceptorLink::renewNow() {
  if (!peer.connected()) return kj::READY_NOW;  // `establish` is at it, or will be
  KJ_IF_MAYBE (client, peer.bootstrap())
    return takeOver(client->castAs<proto::Interceptor>()).then([this]() { steps.renewed(); });
  return kj::READY_NOW;
}

InterceptorLink::Capabilities& InterceptorLink::capabilities() {
  KJ_IF_MAYBE (present, held) return *present;
  kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                        kj::str("the interceptor is not there")));
}

kj::Promise<uint32_t> InterceptorLink::setMarks(kj::Vector<MarkChange> changes) {
  if (changes.empty()) return uint32_t(0);
  return kj::evalNow([&]() {
    return inPieces(kj::mv(changes),
                    [conntrack = capabilities().conntrack](kj::ArrayPtr<MarkChange> piece) mutable {
                      auto request = conntrack.setMarksRequest();
                      auto list = request.initChanges(uint(piece.size()));
                      for (uint i = 0; i < piece.size(); i++) {
                        piece[i].tuple.to(list[i].initTuple());
                        list[i].setMark(piece[i].mark);
                      }
                      return request.send().then([](auto&& answer) { return answer.getMissing(); });
                    });
  });
}

kj::Promise<uint32_t> InterceptorLink::deleteEntries(kj::Vector<Tuple> tuples) {
  if (tuples.empty()) return uint32_t(0);
  return kj::evalNow([&]() {
    return inPieces(kj::mv(tuples),
                    [conntrack = capabilities().conntrack](kj::ArrayPtr<Tuple> piece) mutable {
                      auto request = conntrack.deleteRequest();
                      auto list = request.initTuples(uint(piece.size()));
                      for (uint i = 0; i < piece.size(); i++) piece[i].to(list[i]);
                      return request.send().then([](auto&& answer) { return answer.getMissing(); });
                    });
  });
}

kj::Promise<uint32_t> InterceptorLink::destroySockets(kj::Vector<Tuple> localFirst) {
  if (localFirst.empty()) return uint32_t(0);
  return kj::evalNow([&]() {
    return inPieces(kj::mv(localFirst),
                    [sockets = capabilities().sockets](kj::ArrayPtr<Tuple> piece) mutable {
                      auto request = sockets.destroyRequest();
                      auto list = request.initTuples(uint(piece.size()));
                      for (uint i = 0; i < piece.size(); i++) piece[i].to(list[i]);
                      return request.send().then([](auto&& answer) { return answer.getMissing(); });
                    });
  });
}

kj::Promise<void> InterceptorLink::list(OnEntry onEntry) {
  return kj::evalNow(
      [&]() { return listFrom(capabilities().conntrack, 0, kj::heap(kj::mv(onEntry))); });
}

kj::Promise<void> InterceptorLink::repair(proto::Hook hook, proto::Family family) {
  return kj::evalNow([&]() {
    auto request = capabilities().enforcer.repairRequest();
    request.setHook(hook);
    request.setFamily(family);
    return request.send().ignoreResult();
  });
}

void InterceptorLink::taskFailed(kj::Exception&& e) {
  log::exception("asking the interceptor for a new arrow", e);
  if (e.getType() != kj::Exception::Type::DISCONNECTED) renew();
}

}  // namespace portreeve::policy
