@0xdee35c31dbc91623;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-interceptor (own uid, CAP_NET_ADMIN) on interceptor.sock: the owner of the
# four queues and of every netfilter and sock_diag act that needs the capability. It never looks
# inside a packet. On disconnect of policy, packets wait up to their time-out and are then dropped
# for the moment; after its return the open ones are asked again.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Flow = import "flow.capnp";
using Daemon = import "daemon.capnp";
using View = import "view.capnp";

interface Interceptor extends (Daemon.Daemon) {
  forPolicy @0 (watcher :KernelWatcher)
      -> (settle :RingSocket, conntrack :Conntrack, sockets :Sockets, enforcer :Enforcer);
  # For policy's uid alone. A new call replaces the one before (a restarted policy): its socket is
  # closed, its watcher dropped. Every packet that still waits is submitted again. `watcher` is told what the kernel
  # says of flows until the connection ends.

  queues @1 () -> (queues :List(View.QueueStatus), enforcing :Bool, reason :Text);
  # For those who may observe. `reason` says why not enforcing.

  forGate @2 () -> (origins :Origins);
  # For the gate's uid alone.
}

interface RingSocket {
  # A capability that carries a file descriptor: the sending end of an arrow of the ring
  # (ring.capnp). It is obtained with Capability::Client::getFd and then owned by the receiver.
}

interface KernelWatcher {
  # Exported by policy.
  flowsEnded @0 (flows :List(EndedFlow)) -> stream;
  socketsClosed @1 (sockets :List(ClosedSocket)) -> stream;
  missed @2 ();
  # Events were lost (ENOBUFS): whoever keeps a table compares it with Conntrack.list.
}

struct EndedFlow {
  # A conntrack entry that the kernel has removed.
  tuple @0 :Flow.Tuple;          # original direction
  mark @1 :UInt32;
  originalBytes @2 :UInt64;      # 0 where net.netfilter.nf_conntrack_acct is off
  replyBytes @3 :UInt64;
}

struct ClosedSocket {
  # A UDP socket that was closed (sock_diag destroy event). Remote address and port are 0 where it was not
  # connected.
  tuple @0 :Flow.Tuple;          # source: local end, destination: remote end
  inode @1 :UInt64;
}

interface Conntrack {
  # Acts on this network namespace's conntrack table; each by the original-direction tuple.
  list @0 (after :UInt64) -> (flows :List(TrackedFlow), next :UInt64);
  # The whole table, in pages: start with 0, go on with `next` until it is 0.

  setMarks @1 (changes :List(MarkChange)) -> (missing :UInt32);
  # `missing` counts entries that do not exist (any more).

  delete @2 (tuples :List(Flow.Tuple)) -> (missing :UInt32);
}

interface Origins {
  originalOf @0 (seen :Flow.Tuple) -> (found :Bool, original :Flow.Tuple);
  # `seen`: what a socket of this machine sees of a packet that NAT has turned to it (source: whoever sent it, destination: the
  # socket's own end). `original`: the same as it was sent.
}

struct MarkChange {
  tuple @0 :Flow.Tuple;
  mark @1 :UInt32;
}

struct TrackedFlow {
  tuple @0 :Flow.Tuple;
  mark @1 :UInt32;
  originalBytes @2 :UInt64;
  replyBytes @3 :UInt64;
  assured @4 :Bool;
}

interface Sockets {
  destroy @0 (tuples :List(Flow.Tuple)) -> (missing :UInt32);
  # Ends local sockets (SOCK_DESTROY): source is the local end. TCP gets ECONNABORTED and sends a
  # reset; destroy before changing the mark, or the reset is blocked too (kernel-facts 1).
}

interface Enforcer {
  enforce @0 ();
  # Policy is ready to judge: have the keeper load the rules if they are not there, then report
  # ready to the service manager. Fails with the keeper's reason.

  rulesPresent @1 () -> (present :Bool);
  # Are the rules there already (a restart), or is this the first start?

  repair @2 (hook :Flow.Hook, family :Flow.Family);
  # Packets do not come through there, says policy: has the keeper put the rules in force anew and takes that hook's queues
  # anew; what waits in them is dropped for the moment. Fails with the keeper's reason.
}
