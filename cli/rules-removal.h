// SPDX-License-Identifier: GPL-3.0-or-later
// The way out: `portreeve-keeper --remove`, which needs nobody else alive.
#pragma once

#include "common/directories.h"

#include <kj/string.h>

namespace portreeve::cli {

bool removeRules(kj::StringPtr keeper, const Directories& directories);
// Blocks until rules, chains, empty tables of ours and marks are gone. False, with the keeper's
// words on standard error, where something is left.

}  // namespace portreeve::cli
