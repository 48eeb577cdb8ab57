// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams that the kernel turned to the entrypoint. All of one flow (a socket of a program and
// where it sends) share a session: an association with the far end of their way.
//
// Where a flow was asked for by name the first datagrams go by that name; once the far end has
// answered, they go to the address that answered: a name may have several.
#pragma once

#include "common/tuple.h"
#include "gate17/datagram-socket.h"
#include "gate17/datagrams.h"
#include "gate17/routing.h"
#include "gate17/ways.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace portreeve::gate17 {

struct SocketAddressHash {
  size_t operator()(const SocketAddress& where) const {
    return size_t(where.address.hashCode() * 31 + where.port);
  }
};

class UdpEntrance {
public:
  static constexpr size_t MOST_SESSIONS = 4096;

  struct Counters {
    uint64_t datagrams = 0;  // that came from programs
    uint64_t refused = 0;    // sessions that nobody turned here
    uint64_t failed = 0;     // sessions that no way took
    uint64_t dropped = 0;    // datagrams of these, and what found no room
  };

  UdpEntrance(kj::UnixEventPort& port, kj::Timer& timer, Routing& routing, Ways& ways,
              kj::AutoCloseFd fd);
  ~UdpEntrance() noexcept(false);
  KJ_DISALLOW_COPY(UdpEntrance);

  kj::Promise<void> run();
  // Never resolves.

  void cut(const Tuple& original);
  // Ends the session of that flow, if there is one.
  void cutAll();
  // What was known of flows is of another policy's life: each is asked about again.

  size_t open() const { return sessions.size(); }
  const Counters& counters() const { return counts; }

private:
  struct Session;

  kj::Timer& timer;
  Routing& routing;
  Ways& ways;
  DatagramSocket socket;
  SocketAddress here;
  Counters counts;
  std::unordered_map<SocketAddress, std::unique_ptr<Session>, SocketAddressHash> sessions;

  kj::Promise<void> receive();
  kj::Promise<void> sweep();
  void take(const SocketAddress& source, kj::ArrayPtr<const kj::byte> bytes);
  void begin(const SocketAddress& source, kj::ArrayPtr<const kj::byte> bytes);
  kj::Promise<void> open(Session& session);
  kj::Promise<void> carry(Session& session, Ways::Associated associated);
  kj::Promise<void> answers(Session& session);
  void send(Session& session, kj::ArrayPtr<const kj::byte> bytes);
};

}  // namespace portreeve::gate17
