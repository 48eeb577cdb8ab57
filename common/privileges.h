// SPDX-License-Identifier: GPL-3.0-or-later
// Giving up what is not needed: uid, groups, capabilities (capabilities(7)), and no_new_privs
// (prctl(2)).
#pragma once

#include "common/accounts.h"

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

void dropPrivileges(Account account, kj::ArrayPtr<const int> keep);
// Becomes `account` (real, effective, saved; no supplementary groups) and keeps the capabilities
// `keep` (CAP_… numbers) in permitted and effective alone: nothing inheritable, ambient or in the
// bounding set. When already running as that uid (systemd), only the capabilities are reduced.
// Throws FAILED when the kernel refuses. Sets no_new_privs and PR_SET_DUMPABLE 0 too.

void dropPrivilegesAsRoot(kj::ArrayPtr<const int> keep, bool inheritable);
// For the keeper: stays uid 0 but with these capabilities alone (bounding set included) and without
// supplementary groups; with `inheritable` the programs it runs get them as well.

kj::Vector<kj::String> heldCapabilities();  // effective ones, "cap_net_admin"
bool hasNoNewPrivileges();
bool hasSeccomp();  // a filter is in force for this process

void dieWithParent();
// PR_SET_PDEATHSIG SIGTERM when $PORTREEVE_SUPERVISED is set (by `portreeve up`).

}  // namespace portreeve
