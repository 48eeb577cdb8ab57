// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/attributor-link.h"

#include <kj/debug.h>

namespace portreeve::policy {

AttributorLink::AttributorLink(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                               kj::StringPtr socket, kj::Function<void()> onReady)
    : peer(provider, timer, socket,
           [onReady = kj::mv(onReady)](capnp::Capability::Client client) mutable {
             auto ready = client.castAs<proto::Attributor>().policyReadyRequest().send();
             return ready.then([&onReady](auto&&) { onReady(); });
           }) {}

kj::Promise<AttributorLink::Existing> AttributorLink::existing(uint64_t after) {
  return kj::evalNow([this, after]() {
    auto request = client().existingRequest();
    request.setAfter(after);
    return request.send().then([](Existing&& answer) { return kj::mv(answer); });
  });
}

kj::Promise<AttributorLink::Who> AttributorLink::who(const Tuple& localFirst) {
  return kj::evalNow([&]() {
    auto request = client().whoRequest();
    localFirst.to(request.initTuple());
    return request.send().then([](Who&& answer) { return kj::mv(answer); });
  });
}

proto::Attributor::Client AttributorLink::client() {
  KJ_IF_MAYBE (present, peer.bootstrap()) return present->castAs<proto::Attributor>();
  kj::throwFatalException(kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                                        kj::str("the attributor is not there")));
}

}  // namespace portreeve::policy
