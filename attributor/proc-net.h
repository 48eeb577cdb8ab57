// SPDX-License-Identifier: GPL-3.0-or-later
// Sockets of what sock_diag does not know (ping and raw sockets; any, where the kernel lacks the
// module), from the tables in /proc/net, which the reader hands over as text.
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

enum class ProcNetTable : uint8_t {
  ICMP,
  ICMP6,
  RAW,
  RAW6,
  UDPLITE,
  UDPLITE6,
  TCP,
  TCP6,
  UDP,
  UDP6
};
// In the order of proto/reader.capnp.
constexpr size_t PROC_NET_TABLES = 10;

struct ProcNetSocket {
  Address local, remote;   // of the table's family; 0 where not bound or not connected
  uint16_t localPort = 0;  // ping: the echo identifier; raw: the protocol's number
  uint16_t remotePort = 0;
  uint32_t uid = 0;
  uint64_t inode = 0;
};

kj::Vector<ProcNetSocket> readProcNet(kj::ArrayPtr<const char> text);
// Lines that are none are left out. A pure function.

kj::Vector<ProcNetTable> tablesFor(const Tuple& tuple);
// Where the socket of that tuple may stand, in the order to look: of TCP, UDP and UDP-Lite the
// family's own and, for IPv4, IPv6's (dual-stack sockets); else ping sockets', then raw sockets'.

struct ProcNetChoice {
  uint64_t inode = 0;
  uint32_t uid = 0;
  bool only = true;      // no other socket there would have done as well
  bool listens = false;  // of TCP
};

kj::Maybe<ProcNetChoice> chooseSocket(kj::ArrayPtr<const ProcNetSocket> sockets, ProcNetTable table,
                                      const Tuple& localToRemote, kj::Maybe<uint32_t> uid);
// The one that this tuple belongs to, a connected one first; `uid`: of the sender, where the kernel
// said it.

class ProcNet {
public:
  using Sockets = std::shared_ptr<const kj::Vector<ProcNetSocket>>;
  using OnSockets = kj::Function<void(Sockets, kj::StringPtr whyNotAll)>;

  ProcNet(ReaderLink& reader, kj::Timer& timer) : reader(reader), timer(timer) {}
  KJ_DISALLOW_COPY(ProcNet);

  void read(ProcNetTable table, Urgency urgency, OnSockets onSockets);
  // Calls `onSockets` once, perhaps at once. For what arrives (INCOMING) a table is good for 50 ms,
  // so that a flood costs no more than that; what leaves is looked up anew. An empty pointer: why
  // not. With sockets and a reason there are more of them than were read.

private:
  class Asker;
  struct Table {
    Sockets sockets;
    kj::StringPtr whyNotAll = ""_kj;
    kj::TimePoint since = kj::origin<kj::TimePoint>();
    std::vector<OnSockets> incoming;  // wait for the question that is under way
  };

  ReaderLink& reader;
  kj::Timer& timer;
  Table tables[PROC_NET_TABLES];
};

}  // namespace portreeve::attributor
