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
  value @2 :Text;                # as TOML: of [policy] what is in force now, of the others what the file says
  default @3 :Text;              # as TOML; empty: there is none
  origin @4 :Text;               # "default", "/etc/portreeve/portreeve.toml:12", "change 7" (of the change log)
  changeable @5 :Bool;           # by command and API; the others in the file alone
  takesForce @6 :Text $Json.name("takes_force");   # when a change does: "at once", "after a restart of portreeve-resolver"
  kind @7 :Text;                 # choice, number, boolean, text, texts, tables
  choices @8 :List(Text);        # of a choice
  least @9 :Float64;             # of a number
  most @10 :Float64;
}

struct SettingsPage {
  file @0 :Text;
  read @1 :Text;                 # when
  settings @2 :List(SettingView);        # every key, also one that nothing says; those of list, profile and gate that are there
  error @3 :Text;                # why the file could not be read, or what is wrong in it: its [policy] from before stays in force
}

struct SettingWanted {
  name @0 :Text;                 # "policy.default"
  value @1 :Text;                # as TOML, a text without its quotes as well; empty: as the file says, or its default
}

struct SettingsChange {
  settings @0 :List(SettingWanted);
  confirmSeconds @1 :UInt32 $Json.name("confirm_seconds");   # taken back then unless confirmed; 0: stays
}

struct SettingsChanged {
  affected @0 :UInt32;           # open connections that got another verdict
  settings @1 :SettingsPage;     # as it is now
}
