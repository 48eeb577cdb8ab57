// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/service.h"

#include "proto/resolver.capnp.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

void requireNotOurselves(kj::ArrayPtr<const Upstream> upstreams, int fd) {
  auto ours = Endpoint::ofSocket(fd);
  for (auto& upstream : upstreams)
    if (upstream == Upstream{ours.address, ours.port})
      KJ_FAIL_REQUIRE(kj::str("resolver.upstreams: ", upstream.toString(),
                              " is this resolver itself: name another server"));
}

}  // namespace

class Service::Bootstrap final : public proto::Resolver::Server {
  // The RPC server lets only those in who may observe; that is all there is to have.
public:
  explicit Bootstrap(Service& service) : service(service) {}

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
};

Sockets Sockets::take(service::HandedSockets handed) {
  Sockets sockets;
  sockets.rpc = handed.require("rpc");
  sockets.udp = handed.allStartingWith("dns-udp");
  sockets.tcp = handed.allStartingWith("dns-tcp");
  if (sockets.udp.size() + sockets.tcp.size() == 0)
    KJ_FAIL_REQUIRE(
        "no socket \"dns-udp4\", \"dns-udp6\", \"dns-tcp4\" or \"dns-tcp6\" was handed over: "
        "start this daemon with systemd or `portreeve up`");
  return sockets;
}

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts,
                 kj::ArrayPtr<const Upstream> upstreams, kj::StringPtr policySocket,
                 Sockets sockets)
    : events(io.unixEventPort, io.provider->getTimer()),
      resolution(events, io.provider->getTimer(), upstreams),
      policy(*io.lowLevelProvider, io.provider->getTimer(), policySocket, memory),
      queries(policy, resolution, memory, io.provider->getTimer()),
      ownStatus(Role::RESOLVER),
      rpc(*io.lowLevelProvider, sockets.rpc.release(), accounts,
          [this](Entitlement) { return kj::heap<Bootstrap>(*this); }) {
  auto& timer = io.provider->getTimer();
  for (auto& socket : sockets.udp) {
    requireNotOurselves(upstreams, socket.fd);
    udp.add(kj::heap<UdpListener>(io.unixEventPort, timer, kj::mv(socket.fd), queries));
  }
  for (auto& socket : sockets.tcp) {
    requireNotOurselves(upstreams, socket.fd);
    tcp.add(kj::heap<TcpListener>(*io.lowLevelProvider, timer, kj::mv(socket.fd), queries));
  }
  addCounters();
}

kj::Promise<void> Service::serve() {
  kj::Promise<void> all = rpc.serve().exclusiveJoin(events.run());
  for (auto& listener : udp) all = all.exclusiveJoin(listener->serve());
  for (auto& listener : tcp) all = all.exclusiveJoin(listener->serve());
  return all;
}

void Service::addCounters() {
  auto& counts = queries.counters();
  ownStatus.addCounter("queries", [&counts]() { return double(counts.queries); });
  ownStatus.addCounter("answered", [&counts]() { return double(counts.answered); });
  ownStatus.addCounter("refused", [&counts]() { return double(counts.refused); });
  ownStatus.addCounter("upstream_failures", [&counts]() { return double(counts.failed); });
  ownStatus.addCounter("unjudged", [&counts]() { return double(counts.unjudged); });
  ownStatus.addCounter("malformed", [&counts]() { return double(counts.malformed); });
  ownStatus.addCounter("in_flight", [this]() { return double(resolution.inFlight()); });
  ownStatus.addCounter("names_remembered", [this]() { return double(memory.size()); });
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (policy.connected())
    ownStatus.setState("running");
  else
    ownStatus.setState("degraded", "policy does not answer: no name is given unjudged");
  ownStatus.fill(builder);
}

}  // namespace portreeve::resolver
