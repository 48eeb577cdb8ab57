// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/service.h"

#include <kj/debug.h>

namespace portreeve::gate17 {

Sockets Sockets::take(service::HandedSockets handed) {
  Sockets sockets;
  sockets.rpc = handed.require("rpc");
  sockets.turned = handed.allStartingWith("turned-tcp");
  sockets.datagrams = handed.allStartingWith("turned-udp");
  sockets.entry = handed.allStartingWith("entry-tcp");
  if (sockets.turned.size() + sockets.entry.size() == 0)
    KJ_FAIL_REQUIRE(
        "no socket \"turned-tcp4\", \"entry-tcp4\" or \"entry-tcp6\" was handed over: start this "
        "daemon with systemd or `portreeve up`");
  return sockets;
}

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings::Gate& settings,
                 const Directories& directories, Sockets sockets)
    : names(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("resolver")),
      ways(io.unixEventPort, io.provider->getTimer(), names, settings.ways),
      routing(
          *io.lowLevelProvider, io.provider->getTimer(), directories.socket("policy"),
          directories.socket("interceptor"), [this](const Tuple& original) { cut(original); },
          [this]() {
            for (auto& entrance : udp) entrance->cutAll();
          }),
      tcp(io.unixEventPort, io.provider->getTimer(), routing, ways),
      ownStatus(Role::GATE),
      bootstrap{ways, io.provider->getTimer(),
                [this](proto::view::ProcessStatus::Builder builder) { fillStatus(builder); }},
      rpc(*io.lowLevelProvider, sockets.rpc.release(), accounts,
          [this](Entitlement peer) { return makeBootstrap(bootstrap, kj::mv(peer)); }) {
  listen(io, sockets.turned, TcpEntrance::Expect::TURNED);
  listen(io, sockets.entry, TcpEntrance::Expect::ANY);
  for (auto& socket : sockets.datagrams)
    udp.add(kj::heap<UdpEntrance>(io.unixEventPort, io.provider->getTimer(), routing, ways,
                                  kj::mv(socket.fd)));
  addCounters();
}

void Service::listen(kj::AsyncIoContext& io, kj::Vector<service::HandedSocket>& sockets,
                     TcpEntrance::Expect expect) {
  for (auto& socket : sockets)
    listeners.add(kj::heap<Listener>(
        io.unixEventPort, io.provider->getTimer(), kj::mv(socket.fd),
        [this, expect](kj::AutoCloseFd accepted) { tcp.take(kj::mv(accepted), expect); }));
}

void Service::cut(const Tuple& original) {
  if (original.protocol == PROTOCOL_TCP) return tcp.cut(original);
  for (auto& entrance : udp) entrance->cut(original);
}

kj::Promise<void> Service::serve() {
  auto all = rpc.serve().exclusiveJoin(ways.run());
  for (auto& listener : listeners) all = all.exclusiveJoin(listener->run());
  for (auto& entrance : udp) all = all.exclusiveJoin(entrance->run());
  return all;
}

void Service::addCounters() {
  auto& counts = tcp.counters();
  auto counter = [this](kj::StringPtr name, const uint64_t& value) {
    ownStatus.addCounter(name, [&value]() { return double(value); });
  };
  counter("connections_turned", counts.turned);
  counter("connections_of_speakers", counts.speakers);
  counter("connections_refused", counts.refused);
  counter("connections_failed", counts.failed);
  counter("connections_broken", counts.broken);
  counter("connections_cut", counts.cut);
  auto summed = [this](kj::StringPtr name, uint64_t UdpEntrance::Counters::*counted) {
    ownStatus.addCounter(name, [this, counted]() {
      double sum = 0;
      for (auto& entrance : udp) sum += double(entrance->counters().*counted);
      return sum;
    });
  };
  summed("datagrams_turned", &UdpEntrance::Counters::datagrams);
  summed("datagrams_dropped", &UdpEntrance::Counters::dropped);
  summed("sessions_refused", &UdpEntrance::Counters::refused);
  summed("sessions_failed", &UdpEntrance::Counters::failed);
  ownStatus.addCounter("sessions", [this]() {
    double sum = 0;
    for (auto& entrance : udp) sum += double(entrance->open());
    return sum;
  });
  ownStatus.addCounter("streams", [this]() { return double(tcp.open()); });
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  auto problem = ways.problem();
  if (!routing.connected())
    ownStatus.setState("degraded",
                       "policy or the interceptor does not answer: nothing new is carried");
  else if (problem.size() > 0)
    ownStatus.setState("degraded", problem);
  else
    ownStatus.setState("running");
  ownStatus.fill(builder);
}

}  // namespace portreeve::gate17
