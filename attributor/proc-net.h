// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets of the protocols that sock_diag does not know (ping, raw, where the kernel lacks the
// module UDP-Lite), from the tables in /proc/net, which the reader hands over as text.
#pragma once

#include "attributor/reader-link.h"
#include "common/tuple.h"

#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace portreeve::attributor {

enum class ProcNetTable : uint8_t { ICMP, ICMP6, RAW, RAW6, UDPLITE, UDPLITE6 };
// In the order of proto/reader.capnp.
constexpr size_t PROC_NET_TABLES = 6;

struct ProcNetSocket {
  Address local, remote;   // of the table's family; 0 where not bound or not connected
  uint16_t localPort = 0;  // ping: the echo identifier; raw: the protocol's number
  uint16_t remotePort = 0;
  uint32_t uid = 0;
  uint64_t inode = 0;
};

kj::Vector<ProcNetSocket> readProcNet(kj::ArrayPtr<const char> text);
// Lines that are none are left out. A pure function.

kj::Maybe<ProcNetTable> tableFor(const Tuple& tuple, bool ping);
// `ping`: the table of ping sockets, else that of raw sockets, UDP-Lite's own for UDP-Lite.
// nullptr for TCP and UDP, which sock_diag knows, and for ping sockets of other protocols.

struct ProcNetChoice {
  uint64_t inode = 0;
  uint32_t uid = 0;
  bool only = true;  // no other socket there would have done as well
};

kj::Maybe<ProcNetChoice> chooseSocket(kj::ArrayPtr<const ProcNetSocket> sockets, ProcNetTable table,
                                      const Tuple& localToRemote, kj::Maybe<uint32_t> uid);
// The one that this tuple belongs to; `uid`: of the sender, where the kernel said it.

class ProcNet {
public:
  using Sockets = std::shared_ptr<const kj::Vector<ProcNetSocket>>;
  using OnSockets = kj::Function<void(Sockets, kj::StringPtr whyNone)>;

  ProcNet(ReaderLink& reader, kj::Timer& timer) : reader(reader), timer(timer) {}
  KJ_DISALLOW_COPY(ProcNet);

  void read(ProcNetTable table, Urgency urgency, OnSockets onSockets);
  // Calls `onSockets` once, perhaps at once. For what arrives (INCOMING) a table is good for 50 ms,
  // so that a flood costs no more than that; what leaves is looked up anew. An empty pointer: why
  // not.

private:
  class Asker;
  struct Table {
    Sockets sockets;
    kj::TimePoint since = kj::origin<kj::TimePoint>();
    std::vector<OnSockets> incoming;  // wait for the question that is under way
  };

  ReaderLink& reader;
  kj::Timer& timer;
  Table tables[PROC_NET_TABLES];
};

}  // namespace portreeve::attributor
