// SPDX-License-Identifier: GPL-3.0-or-later
// The directories that systemd would make from the units, tmpfiles and sysusers.
#pragma once

#include "common/accounts.h"
#include "common/directories.h"

namespace portreeve::cli {

void makeRuntimeFolder(const Directories& directories);
// Root's, 0755: clients trust what they find in it. Failure where it is somebody else's.

void makeStateFolders(const Directories& directories, const Accounts& accounts);
// Each daemon's own, 0700: policy and policy/rules.d.

}  // namespace portreeve::cli
