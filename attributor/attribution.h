// SPDX-License-Identifier: GPL-3.0-or-later
// The way of one packet through the attributor: its headers were read (packet-header.h); here its
// socket is found, and whoever holds that. Nothing waits: a packet whose holder must be asked for
// lets the others pass.
#pragma once

#include "attributor/diag.h"
#include "attributor/interfaces.h"
#include "attributor/named.h"
#include "attributor/packet-header.h"
#include "attributor/proc-net.h"
#include "attributor/process-cache.h"
#include "proto/ring.capnp.h"

#include <kj/function.h>

#include <cstdint>

namespace portreeve::attributor {

struct ArrivedPacket {
  // proto::Packet without its bytes.
  uint64_t id = 0;
  proto::Hook hook = proto::Hook::OUTPUT;
  uint16_t queue = 0;
  uint64_t netns = 0;
  uint32_t mark = 0;
  uint32_t inInterface = 0;
  uint32_t outInterface = 0;
  uint32_t uid = NO_UID;
  uint64_t arrived = 0;
  uint64_t notBefore = 0;
  uint32_t queued = 0;
  uint32_t length = 0;
  PacketHeader header;

  static ArrivedPacket from(proto::Packet::Reader packet);
};

struct AttributedFlow {
  ArrivedPacket packet;
  bool loopback = false;
  Named process;
  kj::Maybe<Named> peer;
};

class Attribution {
public:
  using OnFlow = kj::Function<void(AttributedFlow&&)>;
  using OnNamed = kj::Function<void(Named&&)>;

  Attribution(SocketSearch& sockets, ProcessCache& processes, ProcNet& procNet,
              Interfaces& interfaces, const NotedOwners& noted, OnFlow onFlow);
  KJ_DISALLOW_COPY(Attribution);

  void attribute(const ArrivedPacket& packet);
  // `onFlow` gets it, perhaps at once; in any order.

  void passUnlooked(const ArrivedPacket& packet);
  // To `onFlow` at once, as unknown: there is more than can be looked up.

  void who(const Tuple& localToRemote, OnNamed onNamed);
  // For a person's question; destination 0: whoever listens there.
  void whoIs(int32_t pid, OnNamed onNamed);

private:
  enum class End : uint8_t { SENDER, RECEIVER };
  struct Question {
    // About one end of a packet.
    End end;
    PacketHeader header;
    Tuple localToRemote;
    uint32_t interface;
    uint32_t uid;  // the packet's, for its sender
    Urgency urgency;
    uint64_t netns = 0;
    uint64_t arrivedNs = 0;    // CLOCK_MONOTONIC; 0: it is no packet
    uint64_t notBeforeNs = 0;  // it was sent later than that
  };
  struct InProgress;

  SocketSearch& sockets;
  ProcessCache& processes;
  ProcNet& procNet;
  Interfaces& interfaces;
  const NotedOwners& noted;
  OnFlow onFlow;

  void name(const Question& question, OnNamed onNamed);
  void nameBySocket(const Question& question, OnNamed onNamed);
  struct TableSearch;
  void nameByProcNet(const Question& question, OnNamed onNamed);
  void lookInNextTable(TableSearch search);
  void lookInTable(TableSearch search, ProcNetTable table, const ProcNet::Sockets& list,
                   kj::StringPtr whyNotAll);
  void inNoTable(TableSearch& search);
  void nameByClosed(const Question& question, Named otherwise, OnNamed onNamed);
  Named withoutSocket(const Question& question);
  kj::Maybe<DiagSocket> listenerFor(const Question& question);
  void nameHolder(const Question& question, const DiagSocket& socket, proto::Method method,
                  bool only, OnNamed onNamed);
  Named heldByNobody(const Question& question, const DiagSocket& socket);
};

}  // namespace portreeve::attributor
