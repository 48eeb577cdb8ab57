// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/suite-routing.h"

#include "common/address-message.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr auto PATIENCE = 3 * kj::SECONDS;  // a daemon that was killed is back in less

kj::Vector<kj::String> copy(capnp::List<capnp::Text>::Reader texts) {
  kj::Vector<kj::String> copied;
  for (auto text : texts) copied.add(kj::str(text));
  return copied;
}

}  // namespace

class SuiteRouting::Watcher final : public proto::RouteWatcher::Server {
public:
  explicit Watcher(SuiteRouting& routing) : routing(routing) {}

  kj::Promise<void> ended(EndedContext context) override {
    for (auto original : context.getParams().getOriginals()) routing.onEnded(Tuple::from(original));
    return kj::READY_NOW;
  }

private:
  SuiteRouting& routing;
};

SuiteRouting::SuiteRouting(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                           kj::StringPtr policySocket, kj::StringPtr interceptorSocket,
                           OnEnded ended, OnRenewed renewed)
    : timer(timer),
      onEnded(kj::mv(ended)),
      onRenewed(kj::mv(renewed)),
      tasks(*this),
      policy(provider, timer, policySocket,
             [this](capnp::Capability::Client bootstrap) {
               auto request = bootstrap.castAs<proto::Policy>().gateRequest();
               request.setWatcher(kj::heap<Watcher>(*this));
               return request.send().then([this](auto&& answer) {
                 routes = answer.getRoutes();
                 onRenewed();
               });
             }),
      interceptor(provider, timer, interceptorSocket, [this](capnp::Capability::Client bootstrap) {
        return bootstrap.castAs<proto::Interceptor>().forGateRequest().send().then(
            [this](auto&& answer) { origins = answer.getOrigins(); });
      }) {}

kj::Promise<proto::Routes::Client> SuiteRouting::whenRoutes() {
  if (policy.connected()) return KJ_ASSERT_NONNULL(routes);
  return policy.whenConnected().then([this]() { return KJ_ASSERT_NONNULL(routes); });
}

kj::Promise<proto::Origins::Client> SuiteRouting::whenOrigins() {
  if (interceptor.connected()) return KJ_ASSERT_NONNULL(origins);
  return interceptor.whenConnected().then([this]() { return KJ_ASSERT_NONNULL(origins); });
}

kj::Promise<kj::Maybe<Route>> SuiteRouting::routeOf(const Tuple& original) {
  auto asked = whenRoutes().then([original](proto::Routes::Client client) {
    auto request = client.routeOfRequest();
    original.to(request.initOriginal());
    return request.send().then([](auto&& answer) -> kj::Maybe<Route> {
      if (!answer.getFound()) return nullptr;
      return Route{copy(answer.getWays()), kj::str(answer.getName())};
    });
  });
  return timer.timeoutAfter(PATIENCE, kj::mv(asked));
}

kj::Promise<Permission> SuiteRouting::mayReach(const Tuple& client, uint8_t protocol,
                                               const Target& target) {
  auto asked = whenRoutes().then(
      [client, protocol, target = target.clone()](proto::Routes::Client policyOf) {
        auto request = policyOf.mayReachRequest();
        client.to(request.initClient());
        request.setProtocol(protocol);
        request.setName(target.name);
        toMessage(target.address, request.initAddress());
        request.setPort(target.port);
        return request.send().then([](auto&& answer) {
          return Permission{answer.getAllowed(), copy(answer.getWays()), kj::str(answer.getRule()),
                            kj::str(answer.getName())};
        });
      });
  return timer.timeoutAfter(PATIENCE, kj::mv(asked));
}

kj::Promise<kj::Maybe<Tuple>> SuiteRouting::originalOf(const Tuple& seen) {
  auto asked = whenOrigins().then([seen](proto::Origins::Client client) {
    auto request = client.originalOfRequest();
    seen.to(request.initSeen());
    return request.send().then([seen](auto&& answer) -> kj::Maybe<Tuple> {
      if (!answer.getFound()) return nullptr;
      auto original = Tuple::from(answer.getOriginal());
      if (original == seen) return nullptr;
      return original;
    });
  });
  return timer.timeoutAfter(PATIENCE, kj::mv(asked));
}

void SuiteRouting::wentBy(const Tuple& original, kj::StringPtr way) {
  if (!policy.connected()) return;
  KJ_IF_MAYBE (client, routes) {
    auto request = client->wentByRequest();
    original.to(request.initOriginal());
    request.setWay(way);
    tasks.add(request.send().ignoreResult());
  }
}

void SuiteRouting::taskFailed(kj::Exception&& e) {
  if (e.getType() != kj::Exception::Type::DISCONNECTED)
    log::exception("telling policy which way a connection went", e);
}

}  // namespace portreeve::gate17
