@0xb77fe64e7d8d39c2;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-historian (own uid, no capability, no network) on historian.sock: the past. It holds the database
# (SQLite, state folder, history/history.db), takes what policy streams to it and answers questions; nobody waits for it. When it
# goes and comes back it dials policy again, which tells what was not yet on the disk.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using View = import "view.capnp";
using Flow = import "flow.capnp";
using Daemon = import "daemon.capnp";
using Prompt = import "prompt.capnp";

interface Historian extends (Daemon.Daemon) {
  history @0 () -> (history :History);
  # For root, portreeve-observe, portreeve-admin, and the gateway's uid (which shows it to sessions alone).

  purge @1 (filter :HistoryFilter, everything :Bool) -> (connections :Float64, queries :Float64);
  # For root and portreeve-admin: forget what the filter matches (limit, cursor and order are not looked
  # at), and overwrite it in the file. An empty filter is refused unless `everything` is said.
}

struct HistoryFilter {
  # All given ones must hold; empty text and 0 mean any.
  since @0 :UInt64;        # ms since the Unix epoch; the connection began then or after
  until @1 :UInt64;        # before
  program @2 :Text;        # path, or its last component
  user @3 :Text;           # name, or uid in decimal
  unit @4 :Text;
  action @5 :Text;         # allow, block, drop, gate17, nameserver
  direction @6 :Text;      # out, in
  protocol @7 :Text;       # name or number
  domain @8 :Text;         # example.org, *.example.org (any below) or .example.org (both)
  remote @9 :Text;         # address, or network as 192.0.2.0/24
  port @10 :UInt16;        # the remote one of what went out, the local one of what came in
  rule @11 :Text;
  limit @12 :UInt32;       # at most that many; 0: 100; the most is 1000
  cursor @13 :Text;        # `next` of the answer before
  oldestFirst @14 :Bool;
}

interface History {
  # May read the past and change nothing. Every method fails with OVERLOADED when the answer takes longer than 10 s or too many
  # ask at once, and says how to ask for less.
  connections @0 (filter :HistoryFilter) -> (page :View.ConnectionPage);
  queries @1 (filter :HistoryFilter) -> (page :View.NameQueryPage);
  # What was asked of the resolver; of the filter: since, until, program, user, action (allow, block), domain.
  summary @2 (filter :HistoryFilter, by :Text) -> (groups :List(View.HistoryGroup));
  # Counted by "program", "domain", "remote", "user", "rule", "action", "hour" or "day"; the largest first, hours and
  # days oldest first. filter.limit groups.
  gaps @3 (filter :HistoryFilter) -> (gaps :List(View.HistoryGap));
  # When something could not be recorded, and how much. Of the filter: since, until.
  replay @4 (rules :List(RuleText), since :UInt64, until :UInt64, policy :Text, profile :Text, here :List(Text))
      -> (outcome :View.ReplayOutcome);
  # The past through another set of rules: which verdicts would have been others. At most 60 s. `policy` is the [policy] table to judge
  # by, as TOML (common/settings.h, readPolicyTable); empty: that of portreeve.toml. `profile` is taken to have been in force all the
  # time (empty: none), the machine to have been on the networks of the profiles `here`. FAILED in words where there is no such profile.
  prompts @5 (filter :HistoryFilter) -> (page :Prompt.PromptRecordPage);
  # Questions and what was answered; of the filter: since, until, program, user, action, domain, rule and how to page.
  explain @6 (connection :UInt64, rules :List(RuleText), policy :Text, profile :Text, here :List(Text))
      -> (explanation :View.Explanation);
  # One connection, by its id in the history: what was decided then, and each rule that these consider. The rest as with `replay`.
}

const firstPastId :UInt64 = 68719476736;
# A connection's id in the history is at least this; policy's own ids are below.

const nobodysUid :UInt32 = 4294967295;

struct RuleText {
  file @0 :Text;           # as shown to people
  text @1 :Text;           # TOML (docs/rules.md)
  own @2 :Bool;            # of the suite's own files: asked after the administrator's
  written @3 :UInt64;      # ns since the Unix epoch: `for` counts from here
  user @4 :UInt32 = .nobodysUid;   # the uid whose own it is, about his programs alone
}

struct ConnectionBatch {
  # What became of connections. A program or a text that several of them have is said once: they name it by its place in the list.
  programs @0 :List(View.Program);   # of method and confidence each connection says its own
  texts @1 :List(Text);              # the first is the empty one
  described @2 :List(Described);
  progressed @3 :List(Progressed);

  struct Described {
    # A connection as policy knows it now; one that is described again replaces what was told before.
    flow @0 :UInt64;         # its id within this life of policy
    started @1 :UInt64;      # ns since the Unix epoch
    ended @2 :UInt64;        # 0: open
    bytesIn @3 :UInt64;
    bytesOut @4 :UInt64;
    localUpper @5 :UInt64;   # addresses as in flow.capnp, Address
    localLower @6 :UInt64;
    remoteUpper @7 :UInt64;
    remoteLower @8 :UInt64;
    localPort @9 :UInt16;    # 0 where the protocol has none
    remotePort @10 :UInt16;
    protocol @11 :UInt8;     # IANA number
    direction @12 :Flow.Direction;
    method @13 :Flow.Method;
    confidence @14 :Flow.Confidence;
    verdict @15 :Flow.Verdict;
    program @16 :UInt32;     # of programs
    peer @17 :UInt32 = 4294967295;   # of programs: who receives, where it stays here; nobody: 4294967295
    rule @18 :UInt32;        # of texts, as all that follow
    reason @19 :UInt32;      # where the rule stands, or why there is none
    domain @20 :UInt32;
    namedBy @21 :UInt32;     # process, program, user, any
    interface @22 :UInt32;
    names @23 :List(Name);   # all that were known for the remote address, for a replay
    loopback @24 :Bool;
    establishedBefore @25 :Bool;
    icmpType @26 :UInt8;
    icmpCode @27 :UInt8;
  }

  struct Name {
    name @0 :UInt32;         # of texts
    source @1 :UInt32;       # of texts: process, program, user, any
  }

  struct Progressed {
    # Of a connection that was described, nothing else has changed. One that was forgotten meanwhile stays forgotten.
    flow @0 :UInt64;
    ended @1 :UInt64;        # as in Described
    bytesIn @2 :UInt64;
    bytesOut @3 :UInt64;
  }
}

interface Recorder {
  # Exported by the historian, held by policy. A call returns when what it brought is on the disk; until then policy keeps it.
  connections @0 (batch :ConnectionBatch);
  # FAILED where it names a program or a text that the batch does not have.
  queries @1 (asked :List(View.NameQuery));
  missed @2 (connections :UInt64, queries :UInt64);
  # So many could not be kept until the historian was there to take them.
  prompts @3 (changed :List(Prompt.PromptRecord));
  # Told when a question is new and when it is closed; one is told by its id and when it was asked.
}

interface Recording {}
# Dropping it ends the stream.
