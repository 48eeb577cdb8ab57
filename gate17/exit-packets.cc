// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/exit-packets.h"

#include "common/address-message.h"
#include "common/log.h"
#include "gate17/datagram-socket.h"
#include "gate17/datagrams.h"

#include <kj/debug.h>

#include <map>
#include <set>
#include <string>

namespace portreeve::gate17 {
namespace {

constexpr size_t MOST_PEERS = 1024;
constexpr size_t MOST_NAMES = 64;
constexpr size_t MOST_UNDER_WAY = 64;
constexpr unsigned DATAGRAMS_A_TURN = 32;  // then the other clients have theirs

struct Before {
  bool operator()(const SocketAddress& a, const SocketAddress& b) const {
    return a.address == b.address ? a.port < b.port : a.address < b.address;
  }
};

class ExitPackets final : public proto::PacketSink::Server, private kj::TaskSet::ErrorHandler {
public:
  ExitPackets(const NodeParts& parts, NodeUse& use, proto::PacketSink::Client back)
      : parts(parts), use(use), back(kj::mv(back)), tasks(*this) {
    use.streams++;
  }
  ~ExitPackets() noexcept(false) { use.streams--; }

  kj::Promise<void> send(SendContext context) override {
    auto packet = context.getParams().getPacket();
    KJ_REQUIRE(packet.getName().size() <= LONGEST_NAME, "the name is too long");
    KJ_REQUIRE(packet.getBytes().size() <= LONGEST_DATAGRAM, "the datagram is too long");
    Target target{kj::str(packet.getName()), fromMessage(packet.getAddress()), packet.getPort()};
    if (!target.named()) {
      put({target.address, target.port}, packet.getBytes());
      return kj::READY_NOW;
    }
    auto known = names.find(target.name.cStr());
    if (known != names.end()) {
      put({known->second, target.port}, packet.getBytes());
      return kj::READY_NOW;
    }
    // A name that is not found loses its datagram, not the association.
    return parts.lookups.find(target).then(
        [this, context, name = kj::mv(target.name)](kj::Vector<SocketAddress> found) mutable {
          remember(name, found);
          if (!found.empty()) put(found[0], context.getParams().getPacket().getBytes());
        },
        [](kj::Exception&&) {});
  }

private:
  const NodeParts& parts;
  NodeUse& use;
  proto::PacketSink::Client back;
  std::set<SocketAddress, Before> peers;
  std::map<std::string, Address> names;
  kj::Maybe<kj::Own<DatagramSocket>> v4, v6;
  size_t underWay = 0;
  kj::TaskSet tasks;

  void remember(kj::StringPtr name, const kj::Vector<SocketAddress>& found) {
    if (found.empty() || names.size() >= MOST_NAMES) return;
    names[name.cStr()] = found[0].address;
  }

  DatagramSocket& socketFor(const Address& address) {
    auto& socket = address.isV4() ? v4 : v6;
    KJ_IF_MAYBE (made, socket) return **made;
    auto any = address.isV4() ? Address::fromV4("\0\0\0\0") : Address();
    auto made = DatagramSocket::bound(parts.port, any);
    auto& result = *made;
    socket = kj::mv(made);
    tasks.add(receive(result));
    return result;
  }

  void put(const SocketAddress& to, kj::ArrayPtr<const kj::byte> bytes) {
    if (!parts.rules.allow(to)) {
      use.refused++;
      return;
    }
    if (peers.size() >= MOST_PEERS) peers.clear();
    peers.insert(to);
    use.traffic.out += bytes.size();
    socketFor(to.address).sendTo(to, bytes);
  }

  kj::Promise<void> receive(DatagramSocket& socket) {
    for (unsigned i = 0; i < DATAGRAMS_A_TURN; i++) {
      KJ_IF_MAYBE (received, socket.tryReceive())
        giveBack(received->from, received->bytes);
      else
        return socket.whenReadable().then([this, &socket]() { return receive(socket); });
    }
    return parts.timer.afterDelay(0 * kj::NANOSECONDS).then([this, &socket]() {
      return receive(socket);
    });
  }

  void giveBack(const SocketAddress& from, kj::ArrayPtr<const kj::byte> bytes) {
    if (peers.count(from) == 0 || underWay >= MOST_UNDER_WAY) return;
    use.traffic.in += bytes.size();
    auto request = back.sendRequest();
    auto packet = request.initPacket();
    toMessage(from.address, packet.initAddress());
    packet.setPort(from.port);
    packet.setBytes(bytes);
    underWay++;
    tasks.add(request.send().then([this]() { underWay--; }));
  }

  void taskFailed(kj::Exception&& e) override {
    log::debug(kj::str("datagrams of a client: ", e.getDescription()));
  }
};

}  // namespace

proto::PacketSink::Client makeExitPackets(const NodeParts& parts, NodeUse& use,
                                          proto::PacketSink::Client back) {
  return kj::heap<ExitPackets>(parts, use, kj::mv(back));
}

}  // namespace portreeve::gate17
