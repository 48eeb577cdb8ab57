// SPDX-License-Identifier: GPL-3.0-or-later
// Daemons that outlived their `portreeve up`: they end with it by themselves, but one that hangs
// (or was stopped) cannot.
#pragma once

#include "common/directories.h"

namespace portreeve::cli {

void endLeftovers(const Directories& directories);
// SIGKILL to every process that was started with $PORTREEVE_SUPERVISED and our $RUNTIME_DIRECTORY,
// then waits until they are gone, at most 2 s. For whoever holds the lock.

}  // namespace portreeve::cli
