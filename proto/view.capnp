@0xe519ca4d3380472d;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people and programs see, as JSON: the CLI's --json and the API on :817 use these structs, so
# that the two cannot drift. Times are RFC 3339 with milliseconds in UTC; counters are Float64
# because Cap'n Proto's JSON writes 64-bit integers as strings; empty text means "none".

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto::view");

struct Counter {
  name @0 :Text;
  value @1 :Float64;
}

struct Sandbox {
  # What this process really locked itself into.
  uid @0 :UInt32;
  capabilities @1 :List(Text);   # still held, lower case with "cap_"
  noNewPrivileges @2 :Bool $Json.name("no_new_privs");
  seccomp @3 :Bool;
  landlock @4 :Text;   # "enforced (ABI n)", "not used: reason", "missing in this kernel"
}

struct StageLatency {
  # How long one stage of a packet's way takes, since the process started; every percentile is right to within an eighth.
  stage @0 :Text;      # see docs/architecture.md
  count @1 :Float64;   # packets that were measured
  p50 @2 :Float64 $Json.name("p50_us");
  p90 @3 :Float64 $Json.name("p90_us");
  p99 @4 :Float64 $Json.name("p99_us");
  max @5 :Float64 $Json.name("max_us");
}

struct ProcessStatus {
  name @0 :Text;       # "interceptor", "keeper", "attributor", "reader", "resolver", "policy", "gateway"
  pid @1 :Int32;
  uid @2 :UInt32;
  state @3 :Text;      # "running", "starting", "degraded", "stopped"
  reason @4 :Text;     # why not running, in words
  since @5 :Text;
  version @6 :Text;
  sandbox @7 :Sandbox;
  counters @8 :List(Counter);
  notes @9 :List(Text);          # what whoever runs this should know, though nothing is amiss
  latencies @10 :List(StageLatency);
  probes @11 :List(Probe);       # policy's alone
}

struct Probe {
  # Datagrams that the resolver sends to itself prove that packets really come up and go on.
  hook @0 :Text;       # "out", "in"
  family @1 :Text;     # "ipv4", "ipv6"
  state @2 :Text;      # "untried", "passing", "failing"
  reason @3 :Text;     # why failing, in words
  last @4 :Text;       # when it was last tried
}

struct QueueStatus {
  # One line of /proc/net/netfilter/nfnetlink_queue, and what the interceptor knows of it.
  queue @0 :UInt16;
  waiting @1 :Float64;
  seen @2 :Float64;              # packets handed to user space
  overflowed @3 :Float64;        # dropped by the kernel because the queue was full
  lost @4 :Float64;              # dropped by the kernel because our socket was full
  timedOut @5 :Float64 $Json.name("timed_out");   # answered "drop" by us because no verdict came in time
}

struct RulesStatus {
  count @0 :UInt32;              # rules in force, built-in ones included
  files @1 :UInt32;
  loadedAt @2 :Text $Json.name("loaded_at");
  default @3 :Text;
  error @4 :Text;                # why the newest files are not in force: file:line:column: reason
  confirmBy @5 :Text $Json.name("confirm_by");   # reverts at this time unless confirmed
  profile @6 :Text;              # in force; empty: none
  profileChosen @7 :Text $Json.name("profile_chosen");   # "auto" (by network), "none", or the one that somebody chose
  mode @8 :Text;                 # lockdown, pause, learn; empty: the rules alone decide
  modeUntil @9 :Text $Json.name("mode_until");   # when the mode ends by itself
  modeConfirmBy @10 :Text $Json.name("mode_confirm_by");   # ends then unless confirmed
  modeAction @11 :Text $Json.name("mode_action");   # learn: allow, block
  modeBy @12 :Text $Json.name("mode_by");        # who began it: "alice (uid 1000)"
  learned @13 :Float64;          # kinds of connections that wait for `portreeve learn review`
}

struct Status {
  state @0 :Text;                # "enforcing", "degraded", "stopped"
  reason @1 :Text;
  version @2 :Text;
  processes @3 :List(ProcessStatus);
  rules @4 :RulesStatus;
  queues @5 :List(QueueStatus);
  notSeen @6 :List(Text) $Json.name("not_seen");   # what the hooks do not see, in words
}

struct Parent {
  pid @0 :Int32;
  path @1 :Text;
}

struct Program {
  pid @0 :Int32;
  path @1 :Text;
  name @2 :Text;
  cmdline @3 :Text;
  user @4 :Text;
  uid @5 :UInt32;
  unit @6 :Text;
  parents @7 :List(Parent);
  method @8 :Text;
  kind @9 :Text;
  confidence @10 :Text;
  reason @11 :Text;
  # What is not known or does not apply is empty; flow.capnp, Process, says what each is.
  gid @12 :UInt32;
  cgroup @13 :Text;
  cwd @14 :Text;
  session @15 :Text;
  slice @16 :Text;
  container @17 :Text;
  containerRuntime @18 :Text $Json.name("container_runtime");
  pod @19 :Text;
  flatpak @20 :Text;
  snap @21 :Text;
  appimage @22 :Text;
  script @23 :Text;
  stablePath @24 :Text $Json.name("stable_path");
  sha256 @25 :Text;
  package @26 :Text;
  examination @27 :Text;         # why there is no sha256
  claimed @28 :List(Text);       # keys of the above that rest on the program's or its user's own word
  device @29 :Text;              # of the running file: "major:minor"
  inode @30 :Float64;            # likewise; 0: none
}

struct Judgement {
  action @0 :Text;               # allow, block, drop, gate17, nameserver
  mark @1 :UInt32;
  rule @2 :Text;
  reason @3 :Text;               # where the rule stands (file:line), or why there is none
  way @4 :Text;                  # gate17: which of its ways it went; before that those of its rule, joined by ", "
}

struct Endpoint {
  address @0 :Text;
  port @1 :UInt16;
}

struct Connection {
  id @0 :Float64;
  time @1 :Text;
  direction @2 :Text;            # out, in
  protocol @3 :Text;             # tcp, udp, icmp, icmpv6, or the number
  local @4 :Endpoint;
  remote @5 :Endpoint;
  domain @6 :Text;
  process @7 :Program;
  verdict @8 :Judgement;
  bytesIn @9 :Float64 $Json.name("bytes_in");
  bytesOut @10 :Float64 $Json.name("bytes_out");
  state @11 :Text;               # open, ended; refused: not let through a short while ago, the program may still be trying
  ended @12 :Text;
  namedBy @13 :Text $Json.name("named_by");   # process, program, user, any: who had asked for the domain
}

struct RuleView {
  position @0 :UInt32;           # 1 is asked first
  name @1 :Text;
  action @2 :Text;
  layer @3 :Text;                # built-in, administrator, suite, user, default
  origin @4 :Text;               # file:line, or "built-in"
  text @5 :Text;                 # the rule as TOML
  hits @6 :Float64;
  lastUsed @7 :Text $Json.name("last_used");
  expires @8 :Text;
  profile @9 :Text;              # of its whole file: in force with this profile alone; empty: with each
  user @10 :Text;                # of the layer "user": the uid whose programs it is about
}

struct Considered {
  # One rule that was looked at on the way to the verdict.
  rule @0 :Text;
  origin @1 :Text;
  matched @2 :Bool;
  failed @3 :Text;               # the operand that did not match, with both values
}

struct Explanation {
  connection @0 :Connection;
  considered @1 :List(Considered);
  deciding @2 :RuleView;
  dns @3 :Text;                  # what the DNS stage said, or would say
  words @4 :Text;                # the whole in one or two sentences
  stages @5 :List(StageTime);    # of the connection's first packet, in their order; empty for what was imagined
  lists @6 :List(Text);          # compiled lists that have the domain, and the entry: "ads: *.ads.example"
  network @7 :Network;           # of the other end; null where that is not said
}

struct AutonomousSystem {
  number @0 :UInt32;
  organization @1 :Text;         # that it is registered to; empty: not known
}

struct Network {
  # Where an address is. Country and autonomous system by the databases that stand beside the rules (`[databases]`).
  scope @0 :Text;                # localhost, lan, internet, multicast
  country @1 :Text;              # ISO 3166-1 alpha-2; empty: not known
  autonomousSystem @2 :AutonomousSystem $Json.name("autonomous_system");   # null: not known
  address @3 :Text;              # whose this is; empty where that stands beside it
}

struct StageTime {
  stage @0 :Text;                # queue, attribution, policy, of it name; question (docs/architecture.md)
  us @1 :Float64;
}

struct ChangeView {
  # An entry of the change log.
  number @0 :UInt32;
  time @1 :Text;
  who @2 :Text;                  # "uid 0, pid 4711"
  what @3 :Text;
  undoes @4 :UInt32;             # the number of another; 0: none
  undone @5 :Bool;
  diff @6 :Text;                 # lines that went begin with "-", lines that came with "+"
  hash @7 :Text;                 # SHA-256 over the entry, which holds the hash of the one before
}

struct Finding {
  # One thing that `portreeve doctor` found, as its --json prints it.
  severity @0 :Text;             # "problem", "note"
  subject @1 :Text;              # "port 53", "modules", …
  what @2 :Text;
  remedy @3 :Text;
}

struct ConnectionPage {
  connections @0 :List(Connection);
  next @1 :Text;                 # the cursor of what follows; empty: that was all
  total @2 :Float64;             # that match, where they were counted; else -1
}

struct NameQuery {
  # One question to the resolver.
  time @0 :Text;
  name @1 :Text;
  type @2 :Text;                 # A, AAAA, HTTPS, ... or TYPE and the number (RFC 3597)
  action @3 :Text;               # allow, block
  rule @4 :Text;                 # that refused
  program @5 :Text;              # path; empty where nobody could be named
  user @6 :Text;
  uid @7 :UInt32;
}

struct NameQueryPage {
  queries @0 :List(NameQuery);
  next @1 :Text;
}

struct HistoryGroup {
  key @0 :Text;                  # of what was counted by; empty: none (no name, no program)
  connections @1 :Float64;
  refused @2 :Float64;           # of these: blocked or dropped
  bytesIn @3 :Float64 $Json.name("bytes_in");
  bytesOut @4 :Float64 $Json.name("bytes_out");
  first @5 :Text;
  last @6 :Text;
}

struct HistoryGap {
  time @0 :Text;
  connections @1 :Float64;       # that could not be recorded
  queries @2 :Float64;
  reason @3 :Text;
}

struct ReplayChange {
  # Connections of one program whose verdict would be another.
  program @0 :Text;
  before @1 :Text;               # action
  after @2 :Text;
  rule @3 :Text;                 # that would decide
  origin @4 :Text;
  connections @5 :Float64;
  first @6 :Text;
  last @7 :Text;
  examples @8 :List(Text);       # where to, at most 3
}

struct ReplayOutcome {
  connections @0 :Float64;       # that were judged
  changed @1 :Float64;
  since @2 :Text;                # the first and the last of them
  until @3 :Text;
  seconds @4 :Float64;           # that it took
  changes @5 :List(ReplayChange);   # the largest first, at most 1000
}

struct SessionView {
  # Whoever is logged in at the gateway.
  uid @0 :UInt32;
  role @1 :Text;                 # observe, change
}

struct RuleChange {
  # What is sent to add rules or to try them.
  toml @0 :Text;
  confirmSeconds @1 :UInt32 $Json.name("confirm_seconds");   # taken back then unless confirmed; 0: stays
}

struct RuleChanged {
  rule @0 :RuleView;             # the first that was added; null where one was removed
  affected @1 :UInt32;           # open connections that got another verdict
}

struct RuleFile {
  file @0 :Text;                 # as it is to be named in answers
  text @1 :Text;
  own @2 :Bool;                  # asked after the administrator's
}

struct ReplayRequest {
  rules @0 :List(RuleFile);
  since @1 :Text;                # RFC 3339, or 30s, 5m, 2h, 7d; empty: all that is kept
  until @2 :Text;
  profile @3 :Text;              # taken to have been in force; empty: the one that is; "none"
}

struct RuleReplacement {
  # What is sent to change one rule that the suite keeps.
  name @0 :Text;
  toml @1 :Text;
  confirmSeconds @2 :UInt32 $Json.name("confirm_seconds");
}

struct RuleMove {
  # What is sent to have one rule that the suite keeps asked at another place among them.
  name @0 :Text;
  before @1 :Text;               # another of them; empty: behind all
  confirmSeconds @2 :UInt32 $Json.name("confirm_seconds");
}

struct ChangeLog {
  changes @0 :List(ChangeView);  # oldest first
  brokenAt @1 :UInt32 $Json.name("broken_at");   # the first that is not as it was written; 0: all are
}

struct UndoRequest {
  number @0 :UInt32;             # 0: the newest that was not undone
  confirmSeconds @1 :UInt32 $Json.name("confirm_seconds");
}

struct ChangeUndone {
  number @0 :UInt32;             # of the change that was taken back
  what @1 :Text;
  affected @2 :UInt32;           # open connections that got another verdict
}
