@0xe81d88ac0d4288fe;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by `portreeve up` (root) on supervisor.sock, where the suite runs without systemd. It is not one of
# the daemons and judges nothing: it starts them, starts them again, and takes everything down. Who may hold it: whoever may
# see; what changes something is for root and portreeve-admin. It lives as long as `up` does; a holder that
# disconnects changes nothing.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");

interface Supervisor {
  status @0 () -> (status :SupervisorStatus);

  confirm @1 () -> (pending :Bool);
  # The start of `up --confirm` is good: it stays. pending: there was something to confirm. For
  # root and portreeve-admin.

  stop @2 ();
  # Take everything down as SIGTERM does. Returns when that has begun; it is over when `up` has given back its lock
  # ($RUNTIME_DIRECTORY/up.lock). For root and portreeve-admin.
}

struct SupervisorStatus {
  pid @0 :Int32;               # of `up`
  enforcing @1 :Bool;          # every daemon has said once that it is ready
  confirmSeconds @2 :UInt32;   # so many are left to confirm in; 0 where nothing is to be confirmed
  children @3 :List(Child);
}

struct Child {
  name @0 :Text;
  pid @1 :Int32;               # 0 while it waits for its next start
  ready @2 :Bool;              # said so since it was last started
  starts @3 :UInt32;
  lastEnd @4 :Text;            # how it ended the last time, in words; empty where it never did
}
