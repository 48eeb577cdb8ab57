// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that somebody sent, as a set to judge by.
#pragma once

#include "common/accounts.h"
#include "common/settings.h"
#include "policy/rules/rule-set.h"
#include "proto/history.capnp.h"

#include <kj/memory.h>

namespace portreeve::history {

struct PolicySettings {
  // What rules depend on besides their text. Borrowed.
  const Settings::PolicyTable& table;
  kj::ArrayPtr<const Profile> profiles;
  bool othersHaveDnsPort = false;  // as in Settings::Policy
};

kj::Own<rules::RuleSet> compile(capnp::List<proto::RuleText>::Reader texts,
                                const PolicySettings& settings, const UserNames& users,
                                kj::StringPtr listFolder);
// Built-in rules and the default as the settings say. Throws FAILED with every problem, a line
// each.

void suppose(rules::RuleSet& set, kj::ArrayPtr<const Profile> profiles, kj::StringPtr inForce,
             capnp::List<capnp::Text>::Reader here);
// That profile (empty: none) is in force, and the machine on the networks of those. Throws FAILED
// where there is no such profile.

}  // namespace portreeve::history
