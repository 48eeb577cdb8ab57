@0xb34fbacf51541dde;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Questions to a person: what a rule with `action = "ask"` (or `policy.default = "ask"`) wants to know. Exported by policy
# (Policy.prompts), for whoever may answer: the owner of the process that asks, root and the group portreeve-admin. Those of
# portreeve-observe see all questions and answer their own. A question outlives its holder, its connection and policy itself:
# a new holder finds it in `list`. The views are JSON as everything in view.capnp.

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto");
using View = import "view.capnp";

struct PromptDestination {
  address @0 :Text;
  port @1 :UInt16;               # of the other end for what goes out, of this one for what comes in; 0 where there is none
  protocol @2 :Text;             # tcp, udp, icmp, icmpv6, or the number
}

struct Prompt {
  # One question. It stands for every connection of the same program and user to the same host, whatever the port; where a program
  # asks for more hosts than PromptLimits say, for all further ones.
  id @0 :Float64;                # from 1; never given twice, restarts of policy included
  asked @1 :Text;                # when first
  last @2 :Text;                 # when the latest connection of it came
  direction @3 :Text;            # out, in
  program @4 :View.Program;      # who connects; of what comes in, who is to receive it
  destination @5 :PromptDestination;   # the first one; `address` is the other end's
  more @6 :List(PromptDestination);    # others that are meant too, at most 16, the first of them
  domain @7 :Text;               # the name that is meant; empty: none is known
  names @8 :List(Text);          # all names known for that address
  everything @9 :Bool;           # stands for any host: this program asked for so many
  connections @10 :Float64;      # how many have asked this
  waiting @11 :UInt32;           # of these, held now until it is answered
  secondsLeft @12 :Float64 $Json.name("seconds_left");   # until the default holds for what waits; 0: nothing waits
  default @13 :Text;             # what holds while nobody answers: allow, block, drop
  rule @14 :Text;                # that asks
  origin @15 :Text;              # where it stands
  mayAnswer @16 :Bool $Json.name("may_answer");   # whoever looks may
  actions @17 :List(Text);       # answers that are possible: allow, block, drop
  lifetimes @18 :List(Text);     # once, 5m, exit, restart, always (`5m`: any time span from 1s to 365d will do)
  scopes @19 :List(Text);        # host, domain, port, program
  network @20 :View.Network;    # of the destination; null where it stands for any host
}

struct PromptAnswer {
  action @0 :Text;               # allow, block, drop
  lifetime @1 :Text;
  # "once": what waits now; where nothing waits, the next connection of this question within two minutes. A time span; "exit": as long as
  # this process runs; "restart": as long as the suite runs; "always".
  scope @2 :Text;
  # "host": this address, any port; "domain": this name, any port; "port": this port and protocol, any host; "program": all of it.
}

struct PromptAnswered {
  rule @0 :Text;                 # its name; empty for "once". `portreeve rule remove` takes it back
  settled @1 :UInt32;            # connections that waited and have their verdict now
  alsoClosed @2 :List(Float64) $Json.name("also_closed");   # other questions that this answers, too
}

struct PromptClosed {
  id @0 :Float64;
  how @1 :Text;                  # answered; ruled: a rule decides it now; dismissed; forgotten: there were too many
  action @2 :Text;               # answered: allow, block, drop
  lifetime @3 :Text;
  scope @4 :Text;
  rule @5 :Text;                 # that decides now; empty for "once"
  who @6 :Text;                  # answered it: "alice (uid 1000)"
}

struct PromptRecord {
  # A question of the past, as the historian keeps it; `closed` and what follows are empty while it is open.
  id @0 :Float64;
  asked @1 :Text;
  closed @2 :Text;               # when
  direction @3 :Text;
  program @4 :View.Program;
  destination @5 :PromptDestination;
  domain @6 :Text;
  connections @7 :Float64;
  how @8 :Text;                  # as in PromptClosed, and what follows
  action @9 :Text;
  lifetime @10 :Text;
  scope @11 :Text;
  rule @12 :Text;
  who @13 :Text;
}

struct PromptRecordPage {
  prompts @0 :List(PromptRecord);
  next @1 :Text;                 # the cursor of what follows; empty: nothing does
}

interface Prompts {
  # Held by one person's program. Every method is about those questions alone that this person may see.
  list @0 () -> (prompts :List(Prompt));
  # The oldest first.

  watch @1 (sink :PromptSink, present :Bool) -> (subscription :PromptSubscription);
  # First all that are open, then what changes. With `present` somebody is there to answer: connections of the processes that this
  # person answers for are held (without anybody present the default holds at once). OVERLOADED past 320 watchers, or 32 of one uid.

  answer @2 (id :UInt64, answer :PromptAnswer) -> (answered :PromptAnswered);
  # Whoever comes first. FAILED in words: not entitled, no such question (any more), not a possible answer, not written (disk full).

  dismiss @3 (id :UInt64);
  # Takes the question away without an answer: the default holds for what waits, and the next connection asks again. As `answer`.
}

interface PromptSubscription {}
# Dropping it ends the stream, and the presence.

interface PromptSink {
  # Exported by whoever watches.
  prompts @0 (changed :List(Prompt)) -> stream;
  # New ones, and those of which a count, the time left or a name is another.
  closed @1 (closed :List(PromptClosed)) -> stream;
  missed @2 ();
  # This watcher was too slow: `list` says what is open.
}
