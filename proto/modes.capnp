@0xaadc17246db10dd5;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What holds for a while instead of the rules. Exported by policy (Policy.modes) for root and portreeve-admin. A mode ends by itself,
# also after a restart of policy, and is shown in RulesStatus; at most one is on at a time.

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto");

enum Mode {
  none @0;
  lockdown @1;   # nothing passes but what built-in rules let through and rules with `essential = true`; open connections end
  pause @2;      # everything passes, whatever the rules say
  learn @3;      # what would be asked about, and what no rule decides, is allowed or blocked, and noted for a review
}

struct ModeRequest {
  mode @0 :Mode;
  seconds @1 :UInt32;            # until it ends by itself: 1 to 30 days
  confirmSeconds @2 :UInt32;     # ends then unless RuleEditor.confirm comes; 0: needs none
  block @3 :Bool;                # learn: block instead of allowing
}

struct LearnedRule {
  # A rule that would cover some of what was seen.
  name @0 :Text;
  toml @1 :Text;                 # one [[rule]]
  kinds @2 :Float64;             # distinct destinations that it covers
  connections @3 :Float64;
  first @4 :Text;
  last @5 :Text;
  examples @6 :List(Text);       # at most 3
}

interface Modes {
  begin @0 (request :ModeRequest) -> (affected :UInt32);
  # Takes the place of the mode before. `affected` open connections got another verdict.
  end @1 () -> (ended :Mode, affected :UInt32);
  # none: there was none.
  review @2 () -> (rules :List(LearnedRule));
  # The smallest set of readable rules that covers what was noted, for the action that was taken. Changes nothing.
  forget @3 () -> (kinds :Float64);
  # What was noted, so many kinds of it.
}
