@0xa6c2b93f517d4e17;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the API on :817 puts together from several processes' answers, as JSON. As in view.capnp: times are RFC 3339 in UTC,
# counters Float64, empty text means "none".

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto::view");
using View = import "view.capnp";

struct ProgramSummary {
  path @0 :Text;
  name @1 :Text;
  connections @2 :Float64;       # in the time that was asked for
  refused @3 :Float64;           # of these: blocked or dropped
  open @4 :Float64;              # now
  bytesIn @5 :Float64 $Json.name("bytes_in");
  bytesOut @6 :Float64 $Json.name("bytes_out");
  first @7 :Text;                # seen
  last @8 :Text;
}

struct ProgramPage {
  programs @0 :List(ProgramSummary);   # the most connections first
  past @1 :Bool;                 # false: of what policy remembers alone, since the historian does not answer
}

struct ProgramDetails {
  summary @0 :ProgramSummary;
  identity @1 :View.Program;     # of its newest connection; null where policy remembers none
  users @2 :List(View.HistoryGroup);     # its connections, counted by each
  domains @3 :List(View.HistoryGroup);
  remotes @4 :List(View.HistoryGroup);
  rules @5 :List(View.HistoryGroup);     # that decided
  names @6 :List(View.NameQuery);        # asked for, the newest first, at most 100
}

struct Series {
  step @0 :Text;                 # hour, day
  lines @1 :List(SeriesLine);    # the programs with the most connections, the most first
}

struct SeriesLine {
  program @0 :Text;
  points @1 :List(View.HistoryGroup);    # one a step in which there was something, oldest first; `key` is its start
}

struct FlushRequest {
  name @0 :Text;                 # and what is below it; empty: all
}

struct PromptReply {
  # prompt.capnp, PromptAnswer, and the question it is for.
  id @0 :Float64;
  action @1 :Text;
  lifetime @2 :Text;
  scope @3 :Text;
}

struct PromptChosen {
  id @0 :Float64;
}

struct ModeWanted {
  # modes.capnp, ModeRequest.
  mode @0 :Text;                 # lockdown, pause, learn; none: ends what is on
  seconds @1 :UInt32;
  confirmSeconds @2 :UInt32 $Json.name("confirm_seconds");
  block @3 :Bool;
}

struct ProfileWanted {
  name @0 :Text;                 # auto, none, or a profile's
  confirmSeconds @1 :UInt32 $Json.name("confirm_seconds");
}

struct SettingView {
  section @0 :Text;              # "policy", "list.ads"
  key @1 :Text;
  value @2 :Text;                # as TOML
}

struct SettingsPage {
  file @0 :Text;
  read @1 :Text;                 # when: at the gateway's start
  settings @2 :List(SettingView);        # what the file says; what it does not say has its default (portreeve.toml(5))
  error @3 :Text;                # why it could not be read
}
