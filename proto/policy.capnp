@0xfe19d1afccc56202;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-policy (own uid, no capability, no network) on policy.sock: rules, flows, verdicts. Its word is a verdict; it
# holds no other power. Each method hands out one narrow capability, and only to peers entitled to
# it by their uid and groups (policy/entitlements.h has the table). When policy comes back after a restart, every holder dials
# again: the resolver replays its names, the interceptor its open packets.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Flow = import "flow.capnp";
using View = import "view.capnp";
using ApiView = import "api-view.capnp";
using Daemon = import "daemon.capnp";
using Interceptor = import "interceptor.capnp";
using History = import "history.capnp";
using Profile = import "profile.capnp";
using Gate = import "gate.capnp";
using Token = import "token.capnp";
using Prompt = import "prompt.capnp";
using Modes = import "modes.capnp";

interface Policy extends (Daemon.Daemon) {
  attributed @0 () -> (inlet :Interceptor.RingSocket);
  # For the attributor's uid alone: where it sends its AttributedBatches.

  names @1 () -> (judge :NameJudge);
  # For the resolver's uid alone.

  observe @2 () -> (observer :Observer);
  # For root, portreeve-observe, portreeve-admin.

  edit @3 () -> (editor :RuleEditor);
  # For root and portreeve-admin.

  mintSession @4 (forUid :UInt32, role :SessionRole) -> (secret :Text);
  # For root, portreeve-observe, portreeve-admin: a session of the web UI for the caller's uid (root may name another,
  # the one behind sudo). `role` is what the session may at most; nobody gives more than he has. The secret is 32 random bytes in hexadecimal, good once, for 120 s.

  redeem @5 (secret :Text)
      -> (observer :Observer, uid :UInt32, editor :RuleEditor, mayChange :Bool, role :SessionRole, tokens :Token.Tokens,
          prompts :Prompt.Prompts, modes :Modes.Modes);
  # For the gateway's uid alone: exchanges a secret for what its owner may see and, with mayChange, do (else `editor` and `modes` are null). `tokens` are
  # the owner's. Through `prompts` a session of the role `observe` answers nothing. Fails (FAILED) when the secret is unknown, used or too old; the message
  # never repeats it.

  record @6 (recorder :History.Recorder) -> (life :UInt64, recording :History.Recording);
  # For the historian's uid alone: tells all that is known now, then what changes. A new call replaces the one before. `life`
  # differs for each start of policy: flow ids are unique within one. Fails when history is switched off.

  prompts @7 () -> (prompts :Prompt.Prompts);
  # For every person of this machine: the questions of his own processes; root and portreeve-admin answer all, portreeve-observe
  # sees all.

  modes @8 () -> (modes :Modes.Modes);
  # For root and portreeve-admin.

  tokens @9 () -> (tokens :Token.Tokens, opener :TokenOpener);
  # `tokens` for root, portreeve-observe, portreeve-admin: those of the caller's uid. `opener` for the gateway's uid alone.

  attachment @11 () -> (listener :Profile.AttachmentListener);
  # For the resolver's uid alone: where it tells which networks this machine is on.

  ownRules @12 () -> (editor :RuleEditor);
  # For every person of this machine: an editor of the caller's own rules, told by his uid. They can only make stricter what his own
  # programs may do. Its add, remove and list are about these alone; the rest fails (FAILED "not entitled").

  gate @10 (watcher :Gate.RouteWatcher) -> (routes :Gate.Routes);
  # For the gate's uid alone: where flows with mark 1717 are to go. `watcher` is told of those that have ended. A new call
  # replaces the one before.
}

interface TokenOpener {
  # Held by the gateway.
  open @0 (token :Text)
      -> (observer :Observer, uid :UInt32, role :SessionRole, editor :RuleEditor, validity :Token.TokenValidity,
          prompts :Prompt.Prompts, modes :Modes.Modes);
  # What a token is good for: for programs of `uid` alone. As with `redeem`, `editor` and `modes` are null unless the role is `change`, and through
  # `prompts` a token of the role `observe` answers nothing; no token makes tokens. Fails (FAILED) when it is unknown, revoked or expired; the
  # message never repeats it.
}

enum SessionRole {
  best @0;        # as much as whoever asks for the session may
  observe @1;     # see alone
  change @2;      # change rules, too: for root and portreeve-admin
  answer @3;      # see, and answer questions about the own programs
}

enum NameVerdict { answer @0; refuse @1; }

interface NameJudge {
  # Held by the resolver.
  mayAsk @0 (client :Flow.Tuple, name :Text, type :UInt16)
      -> (verdict :NameVerdict, rule :Text, asker :NameAsker, farAway :Bool);
  # May whoever sent this query (source: the client's end as the resolver sees it; destination port
  # 53) have that name? Refused only if every flow to it would be. `rule` names the one that refuses. farAway: what follows may be
  # sent through Gate17, so the name is to be asked of nobody on this side.

  answered @1 (answers :List(NameAnswer), retoldUpTo :UInt64) -> stream;
  # What was answered, in the order of answering, each sent before the answer leaves the resolver; what is given `again` some time
  # after it, up to that number of offerLookup's table. A resolver replays what it still remembers to a policy that it has newly dialled.

  offerLookup @2 (lookup :NameLookup, retold :SharedTable);
  # How policy asks back when it knows no name for an address, or one that may not be the newest any more: by `retold`
  # (common/retold-table.h; null: nothing is told afterwards).

  mayAskAll @3 (queries :List(NameQuery)) -> (rulings :List(NameRuling));
  # mayAsk for several at once, in their order, without waiting for anybody: where who asks is not known yet, `known` is
  # false and the query has to be put by mayAsk.

  probing @4 (datagram :Flow.Tuple) -> ();
  # A datagram of the self-probe is about to be sent, from and to this machine's loopback addresses: it is let through, once by each
  # hook, whatever the rules say, and noted. At most 64 are expected at once; else fails (FAILED).

  probed @5 (datagram :Flow.Tuple, arrived :Bool) -> ();
  # What became of it. `arrived`: it was received within the resolver's patience. Ends what `probing` began.

  askers @6 () -> (table :SharedTable);
  # By which the resolver knows whether what mayAsk said of a program is still true (common/asker-table.h).
}

interface SharedTable {
  # A capability that carries a file descriptor: sealed memory that its exporter writes and whoever holds it reads. It is obtained with
  # Capability::Client::getFd.
}

struct NameQuery {
  client @0 :Flow.Tuple;
  name @1 :Text;
  type @2 :UInt16;
}

struct NameRuling {
  known @0 :Bool;
  verdict @1 :NameVerdict;
  rule @2 :Text;
  asker @3 :NameAsker;
  farAway @4 :Bool;
}

struct NameAsker {
  # Who sent a query, as policy knew it. The resolver keeps it beside the answer and gives it back as
  # it is: after a restart of policy the query's packet is long gone.
  instance @0 :UInt64;        # flow.capnp, Process.instance; 0: not known
  uid @1 :UInt32 = 4294967295;
  kind @2 :Flow.ProcessKind = unknown;
  path @3 :Text;
}

struct NameAnswer {
  client @0 :Flow.Tuple;
  name @1 :Text;              # as asked, lower case, no trailing dot
  chain @2 :List(Text);       # CNAME targets on the way to the addresses
  addresses @3 :List(Flow.Address);
  ttl @4 :UInt32;             # seconds, the smallest on the way
  type @5 :UInt16;            # IANA RR type asked for
  time @6 :UInt64;            # ns since the Unix epoch
  asker @7 :NameAsker;        # what mayAsk said
  given @9 :UInt64;           # when it was given, ns of CLOCK_MONOTONIC: its TTL counts from there, however the wall clock is set. 0: now
  again @8 :Bool;             # asked again and answered by what mayAsk said before: at most once a second for a program and name
}

interface NameLookup {
  # Exported by the resolver.
  namesFor @0 (address :Flow.Address) -> (answers :List(NameAnswer));
  # Newest first, at most 32.
}

struct ConnectionFilter {
  # All given ones must hold; empty or 0 means any.
  afterId @0 :UInt64;
  limit @1 :UInt32;           # newest that many; 0: 1000
  program @2 :Text;           # path, or last component
  action @3 :Text;
  openOnly @4 :Bool;          # neither ended nor refused
}

interface ConnectionSink {
  # Exported by whoever follows.
  connections @0 (changed :List(View.Connection)) -> stream;
  missed @1 (count :UInt64);
  # So many changes were left out because this follower was too slow.
}

interface Subscription {}
# Dropping it ends the stream.

struct Question {
  # A flow that need not exist. Empty text and 0 mean "not said".
  id @0 :UInt64;              # a past or live connection's id; the rest is not looked at then
  direction @1 :Flow.Direction;
  protocol @2 :UInt8;
  remote @3 :Text;            # address
  remotePort @4 :UInt16;
  localPort @5 :UInt16;
  domain @6 :Text;
  path @7 :Text;
  user @8 :Text;              # name or number
}

interface Observer {
  # May see everything and change nothing.
  connections @0 (filter :ConnectionFilter) -> (connections :List(View.Connection));
  follow @1 (filter :ConnectionFilter, sink :ConnectionSink) -> (subscription :Subscription);
  rules @2 () -> (rules :List(View.RuleView));
  explain @3 (question :Question) -> (explanation :View.Explanation);
  rulesStatus @4 () -> (status :View.RulesStatus);
  changes @5 (limit :UInt32) -> (changes :List(View.ChangeView), brokenAt :UInt32);
  # The newest that many (0, or at most: 1000) entries of the change log, oldest first. brokenAt: the first that is not as it
  # was written; 0: the chain is whole.

  profiles @6 () -> (profiles :Profile.ProfilesView);
  settings @7 () -> (page :ApiView.SettingsPage);

  sources @8 () -> (sources :List(History.RuleText));
  # The files that the rules in force were made of, as they were read: the administrator's, the suite's own, users' own.

  networksOf @9 (addresses :List(Text)) -> (networks :List(View.Network));
  # Where each of these is, in their order. At most 1000; fails (FAILED, in words) where one is no address.
}

interface RuleEditor {
  # May change the administrator's rules kept by the suite (state folder, policy/rules.d).
  add @0 (toml :Text, confirmSeconds :UInt32) -> (rule :View.RuleView, affected :UInt32);
  # One or more [[rule]] tables. Checked as a whole together with all others before anything is written; then a file
  # is written atomically and the new set is in force when the call returns. `affected` open connections got another verdict.
  # confirmSeconds > 0: reverts then unless confirmed.

  remove @1 (name :Text, confirmSeconds :UInt32) -> (affected :UInt32);
  # Of the suite's own files only; a rule that a person's file holds is named with its place and left alone.

  reload @2 () -> (status :View.RulesStatus);
  confirm @3 () -> (pending :Bool);
  # Makes good what was changed with confirmSeconds. pending: there was something to confirm.

  undo @4 (number :UInt32, confirmSeconds :UInt32) -> (number :UInt32, what :Text, affected :UInt32);
  # Takes back one change of the suite's own rules, of the chosen profile or of the settings, 0: the newest that was not undone. Fails in
  # words where that cannot be.

  replace @5 (name :Text, toml :Text, confirmSeconds :UInt32) -> (rule :View.RuleView, affected :UInt32);
  # The rule of that name, one of the suite's own, as `toml` (one [[rule]]) has it from now on, asked at the same place.

  move @6 (name :Text, before :Text, confirmSeconds :UInt32) -> (rule :View.RuleView, affected :UInt32);
  # The rule of that name is asked right before another one, both of the suite's own; `before` empty: behind all of them.

  useProfile @7 (name :Text, confirmSeconds :UInt32) -> (affected :UInt32, profiles :Profile.ProfilesView);
  # "auto": by network; "none": none whatever the network; else the name of one. Fails (FAILED, in words) where there is no
  # such profile. confirmSeconds and `affected` as with `add`.

  changeSettings @8 (changes :List(ApiView.SettingWanted), confirmSeconds :UInt32) -> (affected :UInt32, page :ApiView.SettingsPage);
  # Of [policy] alone (SettingView.changeable), all or none, in force when the call returns. Fails (FAILED, in words) where a key is
  # no such one or a value is not possible. confirmSeconds and `affected` as with `add`.

  updateLists @9 () -> ();
  # Has portreeve-lists run soon (by its systemd unit, or by `up`), servers that failed lately included. What becomes of it is in Resolver.lists.

  list @10 () -> (rules :List(View.RuleView));
  # Those that `add` and `remove` are about, in the order they are asked.
}
