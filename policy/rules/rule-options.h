// SPDX-License-Identifier: GPL-3.0-or-later
// What the rules in force depend on besides their text: settings, the mode, and what the machine
// has.
#pragma once

#include "common/accounts.h"
#include "common/settings.h"

#include <kj/array.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::rules {

enum class Mode : uint8_t { NONE, LOCKDOWN, PAUSE, LEARN_ALLOW, LEARN_BLOCK };
// What holds for a while instead of people's rules (proto/modes.capnp).

constexpr kj::StringPtr LEARN_RULE = "learn"_kj;
constexpr kj::StringPtr LEARN_ASKED_RULE = "learn, instead of asking"_kj;
// Rule.name of those that decide in the mode `learn`; Rule.file is MODE_FILE of all rules of modes.
constexpr kj::StringPtr MODE_FILE = "mode"_kj;

struct RuleOptions {
  // Borrowed for the call of `load` alone.
  const UserNames& users;
  DefaultAction defaultAction = DefaultAction::ALLOW;
  bool keepExisting = true;  // false: the rule that keeps existing sessions is left out
  kj::ArrayPtr<const kj::String> builtinOff;  // names of built-in rules that are left out
  kj::StringPtr listFolder = "/nonexistent";  // of compiled lists (name-list.h), for `list`
  uint64_t startedNs =
      0;  // wall clock, when the suite started: `until = "restart"` ends rules from before
  kj::Maybe<kj::ArrayPtr<const Profile>> profiles =
      nullptr;  // of the settings; nullptr: not known, rules may name any
  kj::Maybe<kj::ArrayPtr<const kj::String>> ways = nullptr;  // that rules may name; nullptr: any
  Mode mode = Mode::NONE;
  bool othersHaveDnsPort = false;  // who asks 127.0.0.1:53 does not ask the suite's resolver
};

}  // namespace portreeve::rules
