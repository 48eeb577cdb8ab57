// SPDX-License-Identifier: GPL-3.0-or-later
// The file of a pending confirmation, as TOML that a person can read.
#pragma once

#include "policy/rule-files.h"

namespace portreeve::policy {

struct PendingChange {
  uint64_t dueWallNs = 0;
  uint64_t withinNs = 0;  // how long there was at most, so that a clock set back gives no more
  kj::Vector<FileChange> back;
};

kj::String toToml(const PendingChange& change);
PendingChange parsePendingChange(kj::StringPtr path, kj::StringPtr text);
// Throws FAILED "path: …" when it is not what `toToml` writes.

}  // namespace portreeve::policy
