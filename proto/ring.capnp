@0xc9ba6266ab599fb0;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The ring: the way of one connection, each step one message on.
#
#   interceptor --PacketBatch--> attributor --AttributedBatch--> policy --SettleBatch--> interceptor
#
# Each arrow is a SOCK_SEQPACKET socket; one datagram is one Cap'n Proto message (the standard
# stream framing: segment table, then segments), at most RING_MESSAGE_BYTES long. The receiver makes
# the pair and hands the sending end over by RPC (Attributor.packets, Policy.attributed,
# Interceptor.forPolicy), to entitled peers alone. Nothing is answered on such a socket: RPC's own return and
# finish messages would be two thirds of what is left on the way of a packet (docs/architecture.md
# has the measurement). A datagram that does not decode is counted and thrown away; the sender is
# never trusted further than that. When either end closes, the sender asks for a new socket by RPC.
#
# A full socket is back-pressure: the sender counts and drops, and the packet's own time-out at the
# interceptor answers the kernel.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Flow = import "flow.capnp";

const ringMessageBytes :UInt32 = 65536;
const ringBatchPackets :UInt32 = 32;
# The most packets a sender puts into one message.

struct PacketBatch { packets @0 :List(Packet); }

struct Packet {
  # As the kernel handed it over; the interceptor has not looked inside.
  id @0 :UInt64;            # the interceptor's own; opaque to everybody else, never reused in its life
  hook @1 :Flow.Hook;
  family @2 :Flow.Family;   # of the queue that it came by
  queue @3 :UInt16;         # 17040, 17060, 17140, 17160 (the last digit is the instance, with queues = N)
  netns @4 :UInt64;         # SO_NETNS_COOKIE of the interceptor's namespace
  mark @5 :UInt32;          # packet mark (NFQA_MARK); foreign marks are possible
  inInterface @6 :UInt32;   # ifindex, 0 where none
  outInterface @7 :UInt32;
  uid @8 :UInt32;           # NFQA_UID of the sending socket; 4294967295 where the kernel said none
  arrived @9 :UInt64;       # CLOCK_MONOTONIC, ns, when the interceptor read it
  length @10 :UInt32;       # of the whole packet, bytes
  start @11 :Data;          # the packet's first bytes from the IP header on, at most 256
  queued @12 :UInt32;       # ns in the kernel's queue, at most; 0: the kernel had not stamped it
  notBefore @13 :UInt64;    # CLOCK_MONOTONIC, ns: its queue was seen empty then, so it was sent later; 0: not yet seen so
}

struct AttributedBatch {
  flows @0 :List(Attributed);
  learned @1 :List(Flow.Process);
  # Processes that were told before, and of which more is known now (sha256, package). Not brief.
}

enum Malformed { no @0; truncated @1; badVersion @2; badLength @3; tooManyHeaders @4; }

struct Attributed {
  # One packet with its headers parsed and its process named.
  id @0 :UInt64;
  hook @1 :Flow.Hook;
  queue @2 :UInt16;
  netns @3 :UInt64;
  mark @4 :UInt32;
  inInterface @5 :UInt32;
  outInterface @6 :UInt32;
  arrived @7 :UInt64;
  attributed @8 :UInt64;    # CLOCK_MONOTONIC, ns, when the attributor was done
  tuple @9 :Flow.Tuple;
  malformed @10 :Malformed; # not `no`: the tuple holds what could be read
  tcpFlags @11 :UInt8;      # RFC 9293, 3.1: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, …
  icmpType @12 :UInt8;
  icmpCode @13 :UInt8;
  fragment @14 :Bool;       # not the first fragment: it has no ports
  length @15 :UInt32;
  process @16 :Flow.Process;   # output: who sends; input: who receives
  peer @17 :Flow.Process;      # loopback output: who receives; else null
  loopback @18 :Bool;          # leaves or comes by the loopback interface
  interface @19 :Text;         # name of the interface that it leaves or came by ("eth0"); empty where none.
                               # The attributor knows it from rtnetlink(7) link messages
  queued @20 :UInt32;          # as in Packet
}

struct SettleBatch { verdicts @0 :List(Settlement); }

struct Settlement {
  # In any order; ids that the interceptor no longer holds are ignored (and counted).
  id @0 :UInt64;
  verdict @1 :Flow.Verdict;
}
