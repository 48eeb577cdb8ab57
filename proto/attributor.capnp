@0xe2bace44ccf018b0;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-attributor (own uid, no capability, Landlock, seccomp) on attributor.sock.
# It parses packet headers, asks sock_diag for the socket and its reader for the process. It holds
# nothing that a restart loses but caches. On disconnect of the interceptor it waits for the next call of `packets`.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Flow = import "flow.capnp";
using Ring = import "ring.capnp";
using Daemon = import "daemon.capnp";
using Interceptor = import "interceptor.capnp";

interface Attributor extends (Daemon.Daemon) {
  packets @0 () -> (inlet :Interceptor.RingSocket);
  # For the interceptor's uid alone: where it sends its PacketBatches. A new call replaces the
  # socket of the one before.

  existing @1 (after :UInt64) -> (flows :List(Ring.Attributed), next :UInt64);
  # For policy's uid: the sockets that are connected now (TCP established and on, connected UDP),
  # each attributed; direction is told by `hook`: input where the local port is listened on; the tuple is
  # that of a packet at that hook. Ids are 0. In pages, since a message has its limit: start with 0, which lists anew;
  # go on with `next`, on the same connection, until it is 0.

  who @2 (tuple :Flow.Tuple) -> (process :Flow.Process);
  # For those who may observe: source is the local end, destination the remote one (both 0 for a
  # listener). Loopback: the holder of the source end.

  whoIs @4 (pid :Int32) -> (process :Flow.Process);
  # For those who may observe: who runs under that number, as the initial pid namespace counts. Kind
  # unknown, pid 0 and a reason where nobody does.

  policyReady @3 ();
  # For policy's uid: resolves once this attributor's arrow to policy is open.
}
