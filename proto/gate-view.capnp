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

struct GateNode {
  # A node (portreeve-gate --node), as it is.
  type @0 :Text;                 # "node": what tells it from a way where both are listed
  key @1 :Text;                  # its public key
  since @2 :Text;                # it started
  uptime @3 :Float64;            # seconds
  listen @4 :List(Text);         # address:port it takes clients at
  exit @5 :List(Text);           # internet, lan, localhost: where it lets them out to
  clients @6 :List(GateNodeClient);  # every [[node.client]], in the order of the settings
  wrongKeys @7 :Float64 $Json.name("wrong_keys");   # connections that showed a key which no client has
  lastWrongKey @8 :Text $Json.name("last_wrong_key");
  lastWrongFrom @9 :Text $Json.name("last_wrong_from");   # address:port
  lastWrongTime @10 :Text $Json.name("last_wrong_time");
  broken @11 :Float64;           # connections that began TLS and did not end the handshake, for any other reason
  quotes @12 :Float64;           # given to those who came without TLS, by TCP and UDP
  turnedAway @13 :Float64 $Json.name("turned_away");   # because too many who had not shown a key were there
}

struct GateNodeClient {
  name @0 :Text;
  key @1 :Text;                  # public
  connections @2 :List(Text);    # address:port of each that is open
  since @3 :Text;                # of the oldest that is open; empty where there is none
  seen @4 :Text;                 # when the last one was open; empty: never since the node started
  streams @5 :Float64;           # streams and associations for datagrams, open now
  opened @6 :Float64;            # since the node started
  refused @7 :Float64;           # streams and datagrams that the exit rules did not let out, or that were too many
  failed @8 :Float64;            # streams that found no name, or nobody who answered
  bytesOut @9 :Float64 $Json.name("bytes_out");
  bytesIn @10 :Float64 $Json.name("bytes_in");
}
