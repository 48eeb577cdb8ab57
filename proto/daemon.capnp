@0xd88ff9916e5c5ea2;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every daemon's bootstrap can do, whatever else it does: say how it is. Exported by each on
# $RUNTIME_DIRECTORY/<process>.sock. Who may hold it: root, groups portreeve-observe and
# portreeve-admin, the suite's own uids. On disconnect a holder just dials again.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using View = import "view.capnp";

const protocolMin :UInt16 = 1;
const protocolMax :UInt16 = 1;
# The range of suite protocols that this build speaks. Peers work together when their ranges meet.

interface Daemon {
  status @0 () -> (statuses :List(View.ProcessStatus));
  # The process's own status first; then those of helpers that have no RPC of their own (the
  # attributor speaks for its reader).

  versions @1 () -> (min :UInt16, max :UInt16);
}
