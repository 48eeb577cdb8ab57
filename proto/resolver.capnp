@0xcad798e596cbc7c3;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-resolver (own uid, no capability, ports handed over) on resolver.sock. DNS itself comes over
# UDP and TCP on the handed-over sockets. The resolver holds policy's NameJudge; without policy it answers
# SERVFAIL with an extended error (RFC 8914) rather than unjudged. All of this is for those who may observe; `flush` for those
# who may change, and for the gateway (which lets sessions do it that may change); `addressesOf` for the gate.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";
using Flow = import "flow.capnp";
using View = import "dns-view.capnp";

interface Resolver extends (Daemon.Daemon) {
  lookup @0 (name :Text, type :UInt16) -> (lookup :View.DnsLookup);
  # Goes the way of a query of nobody in particular and tells each step. Policy is asked as for a program that it does
  # not know; what it refuses then is not resolved.

  cache @1 (below :Text, limit :UInt32) -> (cached :List(View.DnsCached), answers :Float64, bytes :Float64, limitBytes :Float64);
  # The most recently used first, at most `limit` (0: 1000); only the name `below` and what is below it, where it is given.

  flush @2 (below :Text) -> (count :UInt32);
  # The name and what is below it; empty: all.

  upstreams @3 () -> (upstreams :List(View.DnsUpstream));
  # Zone by zone, in the order they are asked; those for all names last, none where that is the root.

  log @4 (after :Float64, limit :UInt32) -> (queries :List(View.DnsQuery), last :Float64);
  # Oldest first; the newest `limit` (0: 1000) of those above number `after`.

  lists @5 () -> (lists :List(View.DnsList), update :View.DnsListsUpdate);

  addressesOf @6 (name :Text, anew :Bool) -> (addresses :List(Flow.Address), ttl :UInt32, reason :Text, answered :Bool);
  # For the gate and root: where a server is that the settings name, by A and AAAA. Policy is not asked, for no program is; lists and
  # private addresses are refused as to anybody. `anew`: somebody is asked, whatever the cache holds. `ttl`: seconds.
  # Without addresses `reason` says why; `answered` is false where nobody could be asked: what was known before may still hold.
}
