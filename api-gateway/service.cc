// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/service.h"

#include "proto/daemon.capnp.h"
#include "proto/gateway.capnp.h"

#include <kj/debug.h>

namespace portreeve::gateway {

class Service::Bootstrap final : public proto::Gateway::Server {
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
  sockets.http = handed.allStartingWith("http");
  if (sockets.http.empty())
    KJ_FAIL_REQUIRE(
        "no socket \"http4\" or \"http6\" was handed over: start this daemon with systemd or "
        "`portreeve up`");
  return sockets;
}

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, Directories directories,
                 StaticFiles files, UserNames read, Sockets sockets)
    : names(HttpNames::make()),
      ui(kj::mv(files)),
      users(kj::mv(read)),
      sessions(io.provider->getTimer()),
      events(io.provider->getTimer()),
      suite(io, kj::mv(directories), [this]() { sessions.endAll(); }),
      doorkeeper{io.provider->getTimer(), suite, sessions, logins},
      api(suite, sessions, io.provider->getTimer(), users),
      site{io.provider->getTimer(), names, hosts, ui, sessions, api, events, doorkeeper, {}},
      ownStatus(Role::GATEWAY),
      rpc(*io.lowLevelProvider, sockets.rpc.release(), accounts,
          [this](Entitlement) { return kj::heap<Bootstrap>(*this); }) {
  for (auto& socket : sockets.http) {
    hosts.addSocket(socket.fd);
    auto receiver = io.lowLevelProvider->wrapListenSocketFd(kj::mv(socket.fd));
    listeners.add(kj::heap<HttpListener>(site, kj::mv(receiver), open));
  }
  addCounters();
}

kj::Promise<void> Service::serve() {
  kj::Promise<void> all = rpc.serve();
  for (auto& listener : listeners) all = all.exclusiveJoin(listener->serve());
  return all;
}

void Service::addCounters() {
  ownStatus.addCounter("requests", [this]() { return double(site.counters.requests); });
  ownStatus.addCounter("refused", [this]() { return double(site.counters.refused); });
  ownStatus.addCounter("connections", [this]() { return double(open.size()); });
  ownStatus.addCounter("followers", [this]() { return double(site.counters.followers); });
  ownStatus.addCounter("sessions", [this]() { return double(sessions.size()); });
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (suite.policy() != nullptr)
    ownStatus.setState("running");
  else
    ownStatus.setState("degraded", "policy does not answer: nobody can log in");
  ownStatus.fill(builder);
}

}  // namespace portreeve::gateway
