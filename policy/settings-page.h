// SPDX-License-Identifier: GPL-3.0-or-later
// Every setting for people to read: its value, where it comes from, and when a change takes force.
#pragma once

#include "policy/rule-store.h"
#include "proto/api-view.capnp.h"

namespace portreeve::policy {

void fillSettings(const RuleStore& rules, proto::view::SettingsPage::Builder page);
// Of [policy] what is in force, of the other sections what the file says now. What looks like a
// secret by its key is not shown. A file that cannot be read is an error in the page.

}  // namespace portreeve::policy
