// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/suite-names.h"

#include "common/address-message.h"
#include "proto/resolver.capnp.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr auto PATIENCE = 4 * kj::SECONDS;  // less than a way is probed for

}  // namespace

SuiteNames::SuiteNames(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       kj::StringPtr resolverSocket)
    : timer(timer),
      resolver(provider, timer, resolverSocket,
               [](capnp::Capability::Client) -> kj::Promise<void> { return kj::READY_NOW; }) {}

kj::Promise<ServerNames::Found> SuiteNames::find(kj::StringPtr name, Freshness freshness) {
  auto asked = resolver.whenConnected().then([this, name = kj::str(name), freshness]() {
    auto bootstrap = KJ_ASSERT_NONNULL(resolver.bootstrap());
    auto request = bootstrap.castAs<proto::Resolver>().addressesOfRequest();
    request.setName(name);
    request.setAnew(freshness == Freshness::ANEW);
    return request.send().then([](auto&& answer) {
      Found found;
      for (auto address : answer.getAddresses()) found.addresses.add(fromMessage(address));
      found.ttl = answer.getTtl();
      found.reason = kj::str(answer.getReason());
      found.answered = answer.getAnswered();
      return found;
    });
  });
  return timer.timeoutAfter(PATIENCE, kj::mv(asked));
}

}  // namespace portreeve::gate17
