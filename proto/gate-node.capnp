@0xe6c1a90d52f81717;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Spoken between a gate and a Gate17 node, inside TLS 1.3 with both keys pinned, many streams over one connection. Exported
# by the node (`portreeve-gate --node`) to whoever holds a key that its settings name; it is all that he may do there. Streaming calls
# carry the bytes, so that a reader who is slow holds up his own stream alone. When the connection ends, so does all it carried.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Flow = import "flow.capnp";

interface Node {
  connect @0 (name :Text, address :Flow.Address, port :UInt16, back :ByteSink) -> (out :ByteSink);
  # A TCP connection to that port of `name`, which the node looks up, or of `address` where the name is empty. What comes from there
  # goes to `back`. Fails (FAILED) in words: its rules say no, or nobody answers there.

  associate @1 (back :PacketSink) -> (out :PacketSink);
  # Datagrams to whomever its rules allow. `back` gets those of peers that were sent to.

  ping @2 ();
}

interface ByteSink {
  # One direction of a stream. Dropped without `end` it has broken off.
  write @0 (bytes :Data) -> stream;
  end @1 ();
}

interface PacketSink {
  # Dropped: there is no more.
  send @0 (packet :Packet) -> stream;
}

struct Packet {
  name @0 :Text;             # of the peer; empty: `address`
  address @1 :Flow.Address;
  port @2 :UInt16;
  bytes @3 :Data;
}
