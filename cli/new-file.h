// SPDX-License-Identifier: GPL-3.0-or-later
// Files that this command writes for people.
#pragma once

#include <kj/string.h>
#include <sys/types.h>

namespace portreeve::cli {

void writeNewFile(kj::StringPtr path, kj::StringPtr text, mode_t mode);
// Never over a file that is there: Failure then, and where it cannot be written.

void replaceFile(kj::StringPtr path, kj::StringPtr text, mode_t mode,
                 kj::Maybe<uid_t> owner = nullptr, kj::Maybe<gid_t> group = nullptr);
// Whole or not at all: written beside, synced, renamed over what was there. Failure where it cannot
// be.

}  // namespace portreeve::cli
