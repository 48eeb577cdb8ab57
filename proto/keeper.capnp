@0xc2b38ce36424dc69;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-keeper (root, CAP_NET_ADMIN) on keeper.sock. Who may hold it: root and the
# interceptor's uid (two requests: the attributor's); everybody entitled to see may ask the status. Six fixed requests, none with
# text from the caller: the keeper is the one process that runs programs (iptables-restore,
# iptables-save). A holder that disconnects changes nothing: rules stay as they are.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";

struct RulesPresence {
  loaded @0 :Bool;          # all of ours are there, in both families (or the one that exists)
  ipv4 @1 :Bool;
  ipv6 @2 :Bool;            # false also where the kernel has no IPv6
  variant @3 :Text;         # "nft" or "legacy"
  guard @4 :Bool;           # the guard table is held
  restored @5 :UInt64;      # how often they were put back after another program's doing
  lastChange @6 :Text;      # what was found changed then, in words
}

interface Keeper extends (Daemon.Daemon) {
  load @0 () -> (presence :RulesPresence);
  # Loads the rules of both families, each table in one atomic step, and keeps them there from then
  # on. Idempotent. Fails (FAILED) with iptables' own words when they cannot be loaded: nothing of
  # ours is left then, unless there was something before: that stays, so that nothing is opened.

  verify @1 () -> (presence :RulesPresence);
  # Compares what the kernel has with what was loaded.

  remove @2 () -> ();
  # Takes out the rules, our chains, tables that are empty and were made by us, and the guard.
  # Idempotent.

  presence @3 () -> (presence :RulesPresence);
  # What the last load or verify found; asks the kernel nothing.

  socketOwners @4 () -> (table :SocketOwnerTable, whyNot :Text);
  # For the attributor's uid: what BPF programs of the keeper's note of each socket. Null where the
  # kernel has no such programs or the settings do not want them; `whyNot` says so. What is in the
  # table is true as long as the connection lasts: the programs end with the keeper.

  processEvents @5 () -> (events :ProcessEventSocket, whyNot :Text);
  # For the attributor's uid: the kernel's word of programs that begin and end. Null where the kernel
  # does not tell them (a network namespace that is not the first); `whyNot` says so. One socket for
  # all who ask: what one of them has received the others have not.
}

interface ProcessEventSocket {
  # Carries a file descriptor: a NETLINK_CONNECTOR socket to receive from, non-blocking, whose filter lets
  # execve(2) and the end of whole processes through.
}

interface SocketOwnerTable {
  # Carries a file descriptor: a frozen BPF map, to be mapped with PROT_READ; its layout is
  # common/socket-owner-table.h.
}
