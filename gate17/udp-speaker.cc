// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/udp-speaker.h"

#include "common/log.h"
#include "common/socket-tuple.h"
#include "gate17/socks5-datagrams.h"

#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

constexpr size_t MOST_PEERS = 256;
constexpr size_t MOST_WAITING = 16;
constexpr auto ASK_AGAIN = 5 * kj::SECONDS;  // rules may have changed
constexpr unsigned DATAGRAMS_A_TURN = 64;

}  // namespace

struct UdpSpeaker::Road {
  kj::Vector<kj::String> wanted;
  kj::Maybe<kj::Own<Datagrams>> far;
  kj::Maybe<KnownWay&> way;
  kj::Vector<Datagram> waiting;
  bool dead = false;

  ~Road() noexcept(false) {
    KJ_IF_MAYBE (used, way) used->streams--;
  }
};

struct UdpSpeaker::Peer {
  Target target;
  bool asking = false;
  bool allowed = false;
  kj::TimePoint askedAt = kj::origin<kj::TimePoint>();
  kj::Vector<kj::String> ways;
  kj::Vector<kj::Array<kj::byte>> waiting;
};

UdpSpeaker::UdpSpeaker(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways,
                       const SocketAddress& here)
    : timer(timer),
      routing(routing),
      ways(ways),
      socket(DatagramSocket::bound(port, here.address)),
      tasks(*this) {}

UdpSpeaker::~UdpSpeaker() noexcept(false) = default;

kj::Promise<void> UdpSpeaker::run() {
  for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
    KJ_IF_MAYBE (received, socket->tryReceive())
      take(received->from, received->bytes);
    else
      return socket->whenReadable().then([this]() { return run(); });
  }
  return timer.afterDelay(0 * kj::NANOSECONDS).then([this]() { return run(); });
}

void UdpSpeaker::take(const SocketAddress& source, kj::ArrayPtr<const kj::byte> message) {
  auto parsed = socks5::parseDatagram(message);
  KJ_IF_MAYBE (datagram, parsed) {
    if (!(program.orDefault(source) == source)) return;
    program = source;
    auto& target = datagram->peer;
    PeerKey key{target.name.cStr(), target.address, target.port};
    auto known = peers.find(key);
    if (known == peers.end()) {
      if (peers.size() >= MOST_PEERS) return;
      known = peers.emplace(kj::mv(key), kj::heap<Peer>()).first;
      known->second->target = target.clone();
    }
    auto& peer = *known->second;
    bool fresh =
        timer.now() - peer.askedAt < ASK_AGAIN && peer.askedAt != kj::origin<kj::TimePoint>();
    if (fresh && !peer.asking) {
      if (peer.allowed) put(peer, datagram->bytes);
      return;
    }
    if (peer.waiting.size() < MOST_WAITING) peer.waiting.add(kj::heapArray(datagram->bytes));
    if (peer.asking) return;
    peer.asking = true;
    tasks.add(ask(peer, tupleBetween(PROTOCOL_UDP, source, socket->local())));
  }
}

kj::Promise<void> UdpSpeaker::ask(Peer& peer, Tuple client) {
  return routing.mayReach(client, PROTOCOL_UDP, peer.target)
      .then(
          [&peer](Permission permission) {
            peer.allowed = permission.allowed;
            peer.ways = kj::mv(permission.ways);
            if (permission.name.size() > 0) peer.target.name = kj::mv(permission.name);
          },
          [&peer](kj::Exception&&) { peer.allowed = false; })
      .then([this, &peer]() {
        peer.asking = false;
        peer.askedAt = timer.now();
        auto waiting = kj::mv(peer.waiting);
        peer.waiting = {};
        if (!peer.allowed) return;
        for (auto& bytes : waiting) put(peer, bytes);
      });
}

void UdpSpeaker::put(Peer& peer, kj::ArrayPtr<const kj::byte> bytes) {
  auto& road = roadBy(peer.ways);
  KJ_IF_MAYBE (far, road.far) {
    KJ_ASSERT_NONNULL(road.way).traffic.out += bytes.size();
    (*far)->send(peer.target, bytes);
  } else if (!road.dead && road.waiting.size() < MOST_WAITING) {
    road.waiting.add(Datagram{peer.target.clone(), kj::heapArray(bytes)});
  }
}

UdpSpeaker::Road& UdpSpeaker::roadBy(kj::ArrayPtr<const kj::String> wanted) {
  auto& entry = roads[kj::strArray(wanted, "\n").cStr()];
  if (entry.get() != nullptr) return *entry;
  entry = kj::heap<Road>();
  auto& road = *entry;
  for (auto& word : wanted) road.wanted.add(kj::str(word));
  tasks.add(ways.associate(road.wanted)
                .then([this, &road](Ways::Associated associated) {
                  road.way = associated.way;
                  associated.way.streams++;
                  road.far = kj::mv(associated.datagrams);
                  for (auto& datagram : road.waiting) {
                    associated.way.traffic.out += datagram.bytes.size();
                    KJ_ASSERT_NONNULL(road.far)->send(datagram.peer, datagram.bytes);
                  }
                  road.waiting = {};
                  return answers(road);
                })
                .catch_([&road](kj::Exception&& e) {
                  road.dead = true;
                  road.waiting = {};
                  log::debug(kj::str("datagrams of a program: ", e.getDescription()));
                }));
  return road;
}

kj::Promise<void> UdpSpeaker::answers(Road& road) {
  return KJ_ASSERT_NONNULL(road.far)->receive().then([this, &road](Datagram datagram) {
    KJ_ASSERT_NONNULL(road.way).traffic.in += datagram.bytes.size();
    KJ_IF_MAYBE (to, program) socket->sendTo(*to, socks5::datagram(datagram.peer, datagram.bytes));
    return answers(road);
  });
}

void UdpSpeaker::taskFailed(kj::Exception&& e) {
  log::debug(kj::str("datagrams of a program: ", e.getDescription()));
}

}  // namespace portreeve::gate17
