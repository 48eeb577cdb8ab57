// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/way-server.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

constexpr uint32_t LEAST_TTL = 5, MOST_TTL = 86400;  // seconds
constexpr auto BETWEEN_ASKING_ANEW = 5 * kj::SECONDS;

kj::Exception notFound(kj::StringPtr name, kj::StringPtr why) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str(name, ": ", why));
}

}  // namespace

WayServer::WayServer(kj::UnixEventPort& port, kj::Timer& timer, ServerNames& names,
                     const ServerAddress& server)
    : port(port),
      timer(timer),
      names(names),
      where{kj::str(server.name), server.address, server.port},
      validUntil(timer.now()),
      anewFrom(timer.now()) {}

kj::Promise<kj::Own<Socket>> WayServer::connect() {
  if (!where.named()) {
    SocketAddress to{where.address, where.port};
    return Socket::connect(port, to).then([this, to](kj::Own<Socket> socket) {
      last = to;
      return kj::mv(socket);
    });
  }
  return find()
      .then([this]() {
        auto race = kj::heap<ConnectRace>(
            timer, candidates(),
            [this](const SocketAddress& to) { return Socket::connect(port, to); },
            [this]() { return askAnew(); });
        auto won = race->run();
        return won.attach(kj::mv(race));
      })
      .then([this](ConnectRace::Winner winner) {
        last = winner.where;
        return kj::mv(winner.socket);
      });
}

kj::Promise<void> WayServer::find() {
  if (!where.named()) return kj::READY_NOW;
  if (!known.empty() && timer.now() < validUntil) return kj::READY_NOW;
  // That there is none may be what somebody's cache says.
  bool anew = failed && timer.now() >= anewFrom;
  return ask(anew ? Freshness::ANEW : Freshness::CACHED);
}

kj::Promise<void> WayServer::ask(Freshness freshness) {
  if (underWay) return asking.addBranch();
  underWay = true;
  if (freshness == Freshness::ANEW) anewFrom = timer.now() + BETWEEN_ASKING_ANEW;
  asking = kj::evalNow([&]() { return names.find(where.name, freshness); })
               .catch_([](kj::Exception&&) {
                 ServerNames::Found nobody;
                 nobody.reason = kj::str("the resolver does not answer");
                 return nobody;
               })
               .then([this](ServerNames::Found found) {
                 underWay = false;
                 learn(kj::mv(found));
               })
               .fork();
  return asking.addBranch();
}

void WayServer::learn(ServerNames::Found found) {
  failed = found.addresses.empty();
  validUntil = timer.now() + int64_t(std::clamp(found.ttl, LEAST_TTL, MOST_TTL)) * kj::SECONDS;
  // Where nobody could be asked, the server is probably still where it was.
  if (failed && !found.answered && !known.empty()) return;
  known = kj::mv(found.addresses);
  if (failed) kj::throwFatalException(notFound(where.name, found.reason));
}

kj::Promise<ConnectRace::Addresses> WayServer::askAnew() {
  if (timer.now() < anewFrom) return ConnectRace::Addresses();
  return ask(Freshness::ANEW).then([this]() { return candidates(); });
}

ConnectRace::Addresses WayServer::candidates() const {
  // Families by turns, so that one that leads nowhere costs little (RFC 8305, 4).
  kj::Vector<SocketAddress> first, six, four;
  for (auto& address : known) {
    SocketAddress one{address, where.port};
    bool reachedLast = last.map([&](const SocketAddress& l) { return l == one; }).orDefault(false);
    (reachedLast ? first : address.isV4() ? four : six).add(one);
  }
  for (size_t i = 0; i < std::max(six.size(), four.size()); i++) {
    if (i < six.size()) first.add(six[i]);
    if (i < four.size()) first.add(four[i]);
  }
  return first;
}

}  // namespace portreeve::gate17
