@0xa9e2f4b17d0c1717;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-gate (own uid, no capability, ports handed over) on gate.sock: the entrypoint to Gate17. What the
# kernel turned to it leaves through a way of portreeve.toml, or not at all. It holds policy's Routes, and asks the
# interceptor where a datagram was really going. When policy is away nothing new is carried; what is open goes on.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";
using Flow = import "flow.capnp";
using View = import "gate-view.capnp";

interface Gate extends (Daemon.Daemon) {
  ways @0 () -> (ways :List(View.GateWay));
  # For those who may observe. In the order of the settings.

  test @1 (way :Text, host :Text, port :UInt16) -> (latency :Float64);
  # For those who may change. Opens a stream by that way to the host (a name or an address) and closes it at once; without a host, asks the
  # way's server alone. ms; fails (FAILED) with what the way said.
}

interface Routes {
  # Exported by policy, held by the gate.
  routeOf @0 (original :Flow.Tuple) -> (found :Bool, ways :List(Text), name :Text);
  # Of an open flow that a rule turned to Gate17 (conntrack's original direction): the ways its rule names, in the order they are to be
  # tried (none: the first of the settings), and the name that it was asked for by, if any. found is false for any other flow:
  # it must not be carried.

  mayReach @1 (client :Flow.Tuple, protocol :UInt8, name :Text, address :Flow.Address, port :UInt16)
      -> (allowed :Bool, ways :List(Text), rule :Text, name :Text);
  # May the program behind `client` (source: its end, destination: ours), which speaks to the entrypoint itself, have a stream or
  # datagrams (IANA number) to that port of `name`, or of `address` where the name is empty? Allowed by whatever rule lets such a connection out;
  # with a rule for Gate17 `ways` are its ways. `rule` names the one that decided; `name` is what the program had asked for that address by.

  wentBy @2 (original :Flow.Tuple, way :Text);
  # For people: which of the ways it was.
}

interface RouteWatcher {
  # Exported by the gate.
  ended @0 (originals :List(Flow.Tuple)) -> stream;
  # These flows have ended for policy: nothing of theirs is carried any more.
}
