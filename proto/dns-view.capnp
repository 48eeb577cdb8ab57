@0xb3a1c1d2f0a84e57;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people and programs see of the resolver, as JSON: `portreeve dns … --json` and the API use these structs.
# As in view.capnp: times are RFC 3339 in UTC, counters Float64, empty text means "none".

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto::view");

struct DnsQuery {
  number @0 :Float64;            # counts up from 1 since the resolver started
  time @1 :Text;
  took @2 :Float64;              # ms
  client @3 :Text;               # address and port
  program @4 :Text;              # path; empty where policy was not asked or did not know
  uid @5 :Int64;                 # -1: not known
  name @6 :Text;
  type @7 :Text;
  rcode @8 :Text;
  addresses @9 :List(Text);      # the first four
  cache @10 :Text;               # hit, miss, stale, local
  refused @11 :Bool;
  reason @12 :Text;              # who refused it, or why it failed
  upstream @13 :Text;
}

struct DnsCached {
  name @0 :Text;
  type @1 :Text;
  rcode @2 :Text;
  ttl @3 :Float64;               # seconds left; negative: past it since
  uses @4 :Float64;              # since it was stored
  addresses @5 :List(Text);
  upstream @6 :Text;
  dnssec @7 :Bool;               # asked with DO
  authentic @8 :Bool;
}

struct DnsUpstream {
  server @0 :Text;
  state @1 :Text;                # good, failing, not asked yet, asks this resolver in turn
  latency @2 :Float64;           # ms, smoothed
  answers @3 :Float64;
  failures @4 :Float64;
  reason @5 :Text;               # the last failure's
  zone @6 :Text;                 # it is asked for these names alone; empty: for all others
  origin @7 :Text;               # settings, resolv.conf, systemd-resolved or NetworkManager and the link
}

struct DnsList {
  name @0 :Text;
  names @1 :Float64;
  made @2 :Text;
  bytes @3 :Float64;
  refused @4 :Bool;              # resolver.refuse_lists names it: nobody is given its names
  problem @5 :Text;
}

struct DnsStep {
  what @0 :Text;                 # list, local, policy, cache, answer
  result @1 :Text;
}

struct DnsLookup {
  name @0 :Text;
  type @1 :Text;
  steps @2 :List(DnsStep);
  rcode @3 :Text;
  records @4 :List(Text);        # as in a master file (RFC 1035, 5), unknown types as RFC 3597 has it
  authentic @5 :Bool;
  upstream @6 :Text;
  took @7 :Float64;              # ms
  reason @8 :Text;               # why it is refused or failed
}

struct DnsLogPage {
  queries @0 :List(DnsQuery);    # oldest first
  last @1 :Float64;              # the number of the newest there is
}

struct DnsCachePage {
  cached @0 :List(DnsCached);    # most recently used first
  answers @1 :Float64;           # in the whole cache
  bytes @2 :Float64;
  limitBytes @3 :Float64 $Json.name("limit_bytes");
}

struct DnsUpstreams {
  upstreams @0 :List(DnsUpstream);   # in the order of the settings; none: names are resolved from the root
}

struct DnsLists {
  lists @0 :List(DnsList);
  update @1 :DnsListsUpdate;
}

struct DnsListsUpdate {
  # The newest run of portreeve-lists.
  started @0 :Text;              # empty: none yet
  ended @1 :Text;                # empty: it runs, or was killed
  good @2 :Bool;                 # every list was made
  problems @3 :List(Text);       # "ads: …"
}
