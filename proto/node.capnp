@0xb7d0e5836f1a1717;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by a Gate17 node (portreeve-gate --node, own uid, no capability) on gate-node.sock to its own machine's people: what it does.
# What gates get of it, from outside, is in gate-node.capnp. Who may hold it: root, groups portreeve-observe and portreeve-admin, the
# suite's own uids. On disconnect a holder just dials again.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";
using View = import "gate-view.capnp";

interface NodeObserver extends (Daemon.Daemon) {
  node @0 () -> (node :View.GateNode);
}
