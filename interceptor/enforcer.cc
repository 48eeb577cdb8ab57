// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/enforcer.h"

#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr auto BEFORE_ASKING_AGAIN = 20 * kj::MILLISECONDS;

kj::StringPtr ownWords(kj::StringPtr description) {
  // RPC puts this before what the other side said.
  constexpr kj::StringPtr PREFIX = "remote exception: "_kj;
  while (description.startsWith(PREFIX)) description = description.slice(PREFIX.size());
  return description;
}

}  // namespace

Enforcer::Enforcer(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                   kj::StringPtr keeperSocket, StartupCleaning& cleaning, PacketLoop& packets,
                   service::Notifier& notifier)
    : timer(timer),
      cleaning(cleaning),
      packets(packets),
      notifier(notifier),
      why(kj::str("policy has not asked for the rules yet")),
      keeper(provider, timer, keeperSocket,
             [this](capnp::Capability::Client client) -> kj::Promise<void> {
               if (!wanted) return kj::READY_NOW;
               return load(client.castAs<proto::Keeper>());
             }) {}

kj::Promise<void> Enforcer::enforce() {
  return packets.whenBound()
      .then([this]() {
        wanted = true;
        return whenThere();
      })
      .then([this](proto::Keeper::Client client) { return load(kj::mv(client)); })
      .catch_([this](kj::Exception&& e) -> kj::Promise<void> {
        if (e.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(e);
        // The keeper died over it; its successor is asked.
        return timer.afterDelay(BEFORE_ASKING_AGAIN).then([this]() { return enforce(); });
      });
}

kj::Promise<bool> Enforcer::rulesPresent() {
  return whenThere().then([](proto::Keeper::Client client) {
    return client.verifyRequest().send().then(
        [](auto&& answer) { return answer.getPresence().getLoaded(); });
  });
}

kj::Promise<void> Enforcer::repair(proto::Hook hook, proto::Family family) {
  return enforce().then([this, hook, family]() { packets.takeAnew(hook, family); });
}

kj::Promise<proto::Keeper::Client> Enforcer::whenThere() {
  return keeper.whenConnected().then([this]() {
    return KJ_REQUIRE_NONNULL(keeper.bootstrap(), "the keeper has just gone")
        .castAs<proto::Keeper>();
  });
}

kj::Promise<void> Enforcer::load(proto::Keeper::Client client) {
  return client.verifyRequest()
      .send()
      .then([client](auto&& before) mutable {
        bool wereThere = before.getPresence().getLoaded();
        return client.loadRequest().send().then([wereThere](auto&&) { return wereThere; });
      })
      .then([this](bool wereThere) { return inForce(wereThere); },
            [this](kj::Exception&& e) -> kj::Promise<void> {
              // A keeper that has gone leaves the rules as they are.
              if (e.getType() != kj::Exception::Type::DISCONNECTED) {
                loaded = false;
                why =
                    kj::str("the keeper could not load the rules: ", ownWords(e.getDescription()));
              }
              return kj::mv(e);
            });
}

kj::Promise<void> Enforcer::inForce(bool wereThere) {
  loaded = true;
  why = kj::String();
  auto cleaned = wereThere ? kj::Promise<void>(kj::READY_NOW) : cleaning.runOnce();
  return cleaned.then([this]() {
    if (saidReady) return;
    saidReady = true;
    log::info("the rules are in force");
    notifier.ready();
  });
}

}  // namespace portreeve::interceptor
