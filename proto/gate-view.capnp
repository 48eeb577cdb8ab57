@0xd4f8c02b6c6b1717;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people and programs see of Gate17, as JSON: `portreeve gate … --json` and the API use these structs. As in
# view.capnp: times are RFC 3339 in UTC, counters Float64, empty text means "none".

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto::view");

struct GateWay {
  # One [[gate.way]] of portreeve.toml.
  name @0 :Text;
  type @1 :Text;                 # socks5, http, gate17
  server @2 :Text;               # address:port or name:port, as the settings have it
  state @3 :Text;                # good, failing, not used yet
  reason @4 :Text;               # the last failure's; empty while it is good
  since @5 :Text;                # of the state
  latency @6 :Float64;           # ms from asking for a stream until it is open, smoothed
  streams @7 :Float64;           # open now
  opened @8 :Float64;            # since the gate started
  failures @9 :Float64;
  bytesOut @10 :Float64 $Json.name("bytes_out");
  bytesIn @11 :Float64 $Json.name("bytes_in");
  rateOut @12 :Float64 $Json.name("rate_out");   # bytes a second, over the last ten seconds
  rateIn @13 :Float64 $Json.name("rate_in");
  address @14 :Text;             # address:port that the last connection to the server went to; empty: none yet, or it goes by another way
}
