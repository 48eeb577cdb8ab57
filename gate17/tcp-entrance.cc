// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/tcp-entrance.h"

#include "common/far-address.h"
#include "common/log.h"
#include "common/socket-tuple.h"
#include "gate17/original-destination.h"
#include "gate17/relay.h"
#include "gate17/udp-speaker.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr auto SPEAK_WITHIN = 10 * kj::SECONDS;

Target targetOf(const Tuple& original, kj::StringPtr name) {
  return Target{kj::str(name), original.destination, original.destinationPort};
}

kj::Promise<void> untilEnd(Socket& socket) {
  auto ignored = kj::heapArray<kj::byte>(64);
  auto heard = socket.tryRead(ignored.begin(), 1, ignored.size());
  return heard.attach(kj::mv(ignored)).then([&socket](size_t got) -> kj::Promise<void> {
    if (got == 0) return kj::READY_NOW;
    return untilEnd(socket);
  });
}

kj::Exception refusal(kj::String why) {
  return kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::mv(why));
}

}  // namespace

TcpEntrance::TcpEntrance(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways)
    : port(port), timer(timer), routing(routing), ways(ways), tasks(*this) {}

void TcpEntrance::take(kj::AutoCloseFd accepted, Expect expect) {
  tasks.add(kj::evalNow([&]() -> kj::Promise<void> {
    auto peer = remoteAddressOf(accepted);
    auto here = localAddressOf(accepted);
    auto original = originalDestination(accepted);
    auto near = kj::heap<Socket>(port, kj::mv(accepted));
    auto& socket = *near;
    KJ_IF_MAYBE (where, original) {
      counts.turned++;
      near->reset();
      return carryTurned(socket, tupleBetween(PROTOCOL_TCP, peer, *where),
                         tupleBetween(PROTOCOL_TCP, peer, here))
          .attach(kj::mv(near));
    }
    if (expect == Expect::TURNED) {
      near->reset();
      counts.refused++;
      return kj::READY_NOW;
    }
    counts.speakers++;
    return serve(socket, tupleBetween(PROTOCOL_TCP, peer, here)).attach(kj::mv(near));
  }));
}

kj::Promise<void> TcpEntrance::carryTurned(Socket& near, Tuple original, Tuple seen) {
  return routing.routeOf(original).then(
      [this, &near, original, seen](kj::Maybe<Route> route) -> kj::Promise<void> {
        KJ_IF_MAYBE (known, route) return carryRoute(near, original, kj::mv(*known));
        // Two connections of one port: the kernel has given the second another port on its way
        // here.
        return routing.originalOf(seen).then(
            [this, &near, original](kj::Maybe<Tuple> sent) -> kj::Promise<void> {
              Tuple whole = sent.orDefault(original);
              return routing.routeOf(whole).then(
                  [this, &near, whole](kj::Maybe<Route> second) -> kj::Promise<void> {
                    KJ_IF_MAYBE (known, second) return carryRoute(near, whole, kj::mv(*known));
                    counts.refused++;
                    return refusal(kj::str(whole.toString(), ": no rule turned it here"));
                  });
            });
      });
}

kj::Promise<void> TcpEntrance::carryRoute(Socket& near, Tuple original, Route route) {
  if (route.name.size() == 0 && standsForAName(original.destination)) {
    counts.refused++;
    return refusal(kj::str(original.toString(), ": nobody knows any more which name that was"));
  }
  return ways.open(route.ways, targetOf(original, route.name))
      .then(
          [this, &near, original](Ways::Opened opened) -> kj::Promise<void> {
            routing.wentBy(original, opened.way.name);
            return carry(near, original, kj::mv(opened));
          },
          [this, original](kj::Exception&& e) -> kj::Promise<void> {
            counts.failed++;
            return refusal(kj::str(original.toString(), ": ", e.getDescription()));
          });
}

kj::Promise<void> TcpEntrance::serve(Socket& near, Tuple client) {
  return timer.timeoutAfter(SPEAK_WITHIN, socks5::hear(near))
      .then([this, &near, client](socks5::Request request) -> kj::Promise<void> {
        if (request.command == socks5::Command::CONNECT)
          return serveConnect(near, client, kj::mv(request.target));
        if (request.command == socks5::Command::UDP_ASSOCIATE)
          return serveDatagrams(near, localAddressOf(near.fd()));
        return socks5::answer(near, socks5::Reply::COMMAND_UNKNOWN);
      });
}

kj::Promise<void> TcpEntrance::serveDatagrams(Socket& near, SocketAddress here) {
  auto speaker = kj::heap<UdpSpeaker>(port, timer, routing, ways, here);
  auto running = speaker->run();
  auto carried = socks5::answer(near, socks5::Reply::SUCCEEDED, speaker->address())
                     .then([&near]() { return untilEnd(near); })
                     .exclusiveJoin(kj::mv(running));
  return carried.attach(kj::mv(speaker));
}

kj::Promise<void> TcpEntrance::serveConnect(Socket& near, Tuple client, Target target) {
  auto asked = routing.mayReach(client, PROTOCOL_TCP, target);
  return asked.then([this, &near, client,
                     target = kj::mv(target)](Permission permission) mutable -> kj::Promise<void> {
    if (!permission.allowed) {
      counts.refused++;
      return socks5::answer(near, socks5::Reply::NOT_ALLOWED)
          .then([what = target.toString(), rule = kj::mv(permission.rule)]() -> kj::Promise<void> {
            return refusal(kj::str(what, ": refused by rule \"", rule, '"'));
          });
    }
    if (permission.name.size() > 0) target.name = kj::mv(permission.name);
    return ways.open(permission.ways, target)
        .then(
            [this, &near, client](Ways::Opened opened) -> kj::Promise<void> {
              routing.wentBy(client, opened.way.name);
              return socks5::answer(near, socks5::Reply::SUCCEEDED)
                  .then([this, &near, client, opened = kj::mv(opened)]() mutable {
                    return carry(near, client, kj::mv(opened));
                  });
            },
            [this, &near](kj::Exception&& e) -> kj::Promise<void> {
              counts.failed++;
              return socks5::answer(near, socks5::Reply::GENERAL_FAILURE)
                  .then([why = kj::str(e.getDescription())]() mutable -> kj::Promise<void> {
                    return refusal(kj::mv(why));
                  });
            });
  });
}

kj::Promise<void> TcpEntrance::carry(Socket& near, const Tuple& key, Ways::Opened opened) {
  // Until it has ended well, whoever is behind it must not take its end for one.
  near.reset();
  auto cutter = kj::newPromiseAndFulfiller<void>();
  auto* mine = cutter.fulfiller.get();
  streams[key] = kj::mv(cutter.fulfiller);
  auto& way = opened.way;
  way.streams++;
  auto far = kj::mv(opened.stream);
  auto carried =
      relay({timer, transfer}, near, *far, way.traffic).then([&near]() { near.endWell(); });
  return carried.exclusiveJoin(kj::mv(cutter.promise))
      .attach(kj::mv(far), kj::defer([this, &way, key, mine]() {
                way.streams--;
                auto found = streams.find(key);
                if (found != streams.end() && found->second.get() == mine) streams.erase(found);
              }));
}

void TcpEntrance::cut(const Tuple& original) {
  auto found = streams.find(original);
  if (found == streams.end()) return;
  counts.cut++;
  found->second->fulfill();
}

void TcpEntrance::taskFailed(kj::Exception&& e) {
  if (e.getType() == kj::Exception::Type::DISCONNECTED) counts.broken++;
  log::debug(kj::str("a connection: ", e.getDescription()));
}

}  // namespace portreeve::gate17
