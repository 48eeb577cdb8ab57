// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/udp-entrance.h"

#include "common/far-address.h"
#include "common/log.h"
#include "common/socket-tuple.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t MOST_WAITING = 32;  // datagrams of a session that is being opened
constexpr unsigned DATAGRAMS_A_TURN = 64;
constexpr auto BETWEEN_SWEEPS = 5 * kj::SECONDS;
constexpr auto IDLE = 180 * kj::SECONDS;  // RFC 4787, REQ-5: at least two minutes
constexpr auto REFUSED_FOR = 2 * kj::SECONDS;

}  // namespace

struct UdpEntrance::Session {
  SocketAddress source;
  kj::TimePoint lastUsed;
  kj::Maybe<Tuple> flow;  // as it was sent; known once it was asked for
  Target target;          // without a name once the far end has said which address it is
  kj::Maybe<kj::Own<Datagrams>> far;
  kj::Maybe<KnownWay&> way;
  kj::Vector<kj::Array<kj::byte>> waiting;
  bool dead = false;  // refused or failed: what comes is dropped until it is forgotten
  kj::Promise<void> task = nullptr;

  Session(const SocketAddress& source, kj::TimePoint now) : source(source), lastUsed(now) {}
  ~Session() {
    KJ_IF_MAYBE (used, way) used->streams--;
  }
};

UdpEntrance::UdpEntrance(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways,
                         kj::AutoCloseFd fd)
    : timer(timer), routing(routing), ways(ways), socket(port, kj::mv(fd)), here(socket.local()) {}

UdpEntrance::~UdpEntrance() noexcept(false) = default;

kj::Promise<void> UdpEntrance::run() {
  return receive().exclusiveJoin(sweep());
}

kj::Promise<void> UdpEntrance::receive() {
  for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
    KJ_IF_MAYBE (received, socket.tryReceive())
      take(received->from, received->bytes);
    else
      return socket.whenReadable().then([this]() { return receive(); });
  }
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return receive(); });
}

kj::Promise<void> UdpEntrance::sweep() {
  return timer.afterDelay(BETWEEN_SWEEPS).then([this]() {
    for (auto entry = sessions.begin(); entry != sessions.end();) {
      auto& session = *entry->second;
      bool old = timer.now() - session.lastUsed > (session.dead ? REFUSED_FOR : IDLE);
      entry = old ? sessions.erase(entry) : std::next(entry);
    }
    return sweep();
  });
}

void UdpEntrance::take(const SocketAddress& source, kj::ArrayPtr<const kj::byte> bytes) {
  counts.datagrams++;
  auto found = sessions.find(source);
  if (found == sessions.end()) return begin(source, bytes);
  auto& session = *found->second;
  if (session.dead && timer.now() - session.lastUsed > REFUSED_FOR) {
    sessions.erase(found);
    return begin(source, bytes);
  }
  if (!session.dead && session.far != nullptr) {
    session.lastUsed = timer.now();
    send(session, bytes);
  } else if (!session.dead && session.waiting.size() < MOST_WAITING) {
    session.waiting.add(kj::heapArray(bytes));
  } else {
    counts.dropped++;
  }
}

void UdpEntrance::begin(const SocketAddress& source, kj::ArrayPtr<const kj::byte> bytes) {
  if (sessions.size() >= MOST_SESSIONS) {
    counts.dropped++;
    return;
  }
  auto made = std::make_unique<Session>(source, timer.now());
  auto& session = *made;
  session.waiting.add(kj::heapArray(bytes));
  sessions[source] = kj::mv(made);
  session.task = open(session).eagerlyEvaluate([this, &session](kj::Exception&& e) {
    log::debug(kj::str("datagrams from ", session.source.toString(), ": ", e.getDescription()));
    counts.dropped += session.waiting.size();
    session.waiting.clear();
    session.dead = true;
    session.lastUsed = timer.now();
  });
}

kj::Promise<void> UdpEntrance::open(Session& session) {
  return routing.originalOf(tupleBetween(PROTOCOL_UDP, session.source, here))
      .then([this, &session](kj::Maybe<Tuple> original) -> kj::Promise<kj::Maybe<Route>> {
        session.flow = original;
        KJ_IF_MAYBE (sent, original) return routing.routeOf(*sent);
        return kj::Maybe<Route>(nullptr);
      })
      .then([this, &session](kj::Maybe<Route> route) -> kj::Promise<Ways::Associated> {
        KJ_IF_MAYBE (known, route) {
          auto& sent = KJ_ASSERT_NONNULL(session.flow);
          session.target = Target{kj::mv(known->name), sent.destination, sent.destinationPort};
          if (!session.target.named() && standsForAName(sent.destination))
            return KJ_EXCEPTION(FAILED, "nobody knows any more which name that was");
          return ways.associate(known->ways)
              .catch_([this](kj::Exception&& e) -> kj::Promise<Ways::Associated> {
                counts.failed++;
                return kj::mv(e);
              });
        }
        counts.refused++;
        return KJ_EXCEPTION(FAILED, "no rule turned it here");
      })
      .then([this, &session](Ways::Associated associated) {
        return carry(session, kj::mv(associated));
      });
}

kj::Promise<void> UdpEntrance::carry(Session& session, Ways::Associated associated) {
  session.way = associated.way;
  associated.way.streams++;
  session.far = kj::mv(associated.datagrams);
  session.lastUsed = timer.now();
  routing.wentBy(KJ_ASSERT_NONNULL(session.flow), associated.way.name);
  for (auto& bytes : session.waiting) send(session, bytes);
  session.waiting = {};
  return answers(session);
}

void UdpEntrance::send(Session& session, kj::ArrayPtr<const kj::byte> bytes) {
  KJ_ASSERT_NONNULL(session.way).traffic.out += bytes.size();
  KJ_ASSERT_NONNULL(session.far)->send(session.target, bytes);
}

kj::Promise<void> UdpEntrance::answers(Session& session) {
  return KJ_ASSERT_NONNULL(session.far)->receive().then([this, &session](Datagram datagram) {
    auto& target = session.target;
    bool awaited = datagram.peer.port == target.port && !datagram.peer.named();
    // Nobody but whom it was sent to may answer; of a name, whoever answers first is meant.
    if (awaited && target.named()) target = Target::at({datagram.peer.address, target.port});
    if (awaited && datagram.peer.address == target.address) {
      session.lastUsed = timer.now();
      KJ_ASSERT_NONNULL(session.way).traffic.in += datagram.bytes.size();
      socket.sendTo(session.source, datagram.bytes);
    }
    return answers(session);
  });
}

void UdpEntrance::cut(const Tuple& original) {
  for (auto entry = sessions.begin(); entry != sessions.end(); ++entry) {
    KJ_IF_MAYBE (known, entry->second->flow) {
      if (!(*known == original)) continue;
      sessions.erase(entry);
      return;
    }
  }
}

void UdpEntrance::cutAll() {
  sessions.clear();
}

}  // namespace portreeve::gate17
