// SPDX-License-Identifier: GPL-3.0-or-later
// UDP ASSOCIATE for a program that speaks SOCKS5 to us (RFC 1928, 7): a UDP port of its own, as
// long as its TCP connection is there. Where each datagram may go is policy's word.
#pragma once

#include "common/tuple.h"
#include "gate17/datagram-socket.h"
#include "gate17/datagrams.h"
#include "gate17/routing.h"
#include "gate17/ways.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

#include <map>
#include <string>
#include <tuple>

namespace portreeve::gate17 {

class UdpSpeaker final : private kj::TaskSet::ErrorHandler {
public:
  UdpSpeaker(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways,
             const SocketAddress& here);
  // `here`: our end of the TCP connection; the port is opened at that address. Throws DISCONNECTED
  // when the kernel refuses.
  ~UdpSpeaker() noexcept(false);
  KJ_DISALLOW_COPY(UdpSpeaker);

  SocketAddress address() const { return socket->local(); }
  kj::Promise<void> run();
  // Never resolves.

private:
  struct Peer;                                                 // a target that was asked for
  using PeerKey = std::tuple<std::string, Address, uint16_t>;  // name (or none), address, port
  struct Road;                                                 // an association with the far end

  kj::Timer& timer;
  Routing& routing;
  Ways& ways;
  kj::Own<DatagramSocket> socket;
  kj::Maybe<SocketAddress> program;  // whoever spoke first; others are not heard
  std::map<PeerKey, kj::Own<Peer>> peers;
  std::map<std::string, kj::Own<Road>> roads;  // by their ways
  kj::TaskSet tasks;

  void take(const SocketAddress& source, kj::ArrayPtr<const kj::byte> message);
  kj::Promise<void> ask(Peer& peer, Tuple client);
  void put(Peer& peer, kj::ArrayPtr<const kj::byte> bytes);
  Road& roadBy(kj::ArrayPtr<const kj::String> wanted);
  kj::Promise<void> answers(Road& road);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::gate17
