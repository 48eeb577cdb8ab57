// SPDX-License-Identifier: GPL-3.0-or-later
// One attributed packet as policy takes it from the ring: a value that can wait.
#pragma once

#include "common/tuple.h"
#include "policy/flow.h"
#include "policy/program-cache.h"
#include "proto/ring.capnp.h"

#include <kj/string.h>

#include <bitset>
#include <cstdint>

namespace portreeve::policy {

struct Arrival {
  uint64_t id = 0;  // the interceptor's; 0: no packet, an existing connection (Attributor.existing)
  proto::Hook hook = proto::Hook::OUTPUT;
  Tuple tuple;                // as in the packet
  uint64_t attributedNs = 0;  // CLOCK_MONOTONIC: when the attributor was done
  StageTimes times;           // so far
  bool malformed = false;
  bool fragment = false;  // not the first: it has no ports
  bool loopback = false;
  uint8_t tcpFlags = 0;
  uint8_t icmpType = 0;
  uint8_t icmpCode = 0;
  kj::String interface;
  Party process;
  kj::Maybe<Party> peer;

  static Arrival from(proto::Attributed::Reader reader, ProgramCache& programs);

  bool isTcp() const { return tuple.protocol == PROTOCOL_TCP && !fragment; }
  bool begins() const;
  // May be the first packet of its flow; TCP: SYN without ACK (RFC 9293, 3.5).
  bool answersBeginning() const;  // TCP: SYN with ACK
};

struct Heading {
  rules::Direction direction = rules::Direction::OUT;
  bool reversed =
      false;  // the packet goes against its flow: the flow's tuple is the packet's answer
};

class Headings {
  // Which way a flow goes, told by the first of its packets that was seen. That need not be its
  // first: the server may speak first after the start, and then it is who listens that tells.
public:
  Heading of(const Arrival& arrival) const;

  void note(const Arrival& arrival);
  // A listener was found behind an arriving packet: its port is listened on.

private:
  std::bitset<65536> listened;  // TCP ports of this machine, once a listener has been seen there
};

}  // namespace portreeve::policy
