// SPDX-License-Identifier: GPL-3.0-or-later
// What the historian locks itself into: its own folder, Unix sockets, nothing else. In two steps,
// since its threads are made between them (common/worker.h).
#pragma once

#include "common/directories.h"

#include <kj/string.h>

namespace portreeve::history {

void requireFolder(const Directories& directories);
// Throws FAILED, with what to do, where the folder is missing or not ours.

kj::String lockFiles(const Directories& directories);  // Landlock; what `status` says of it
void lockCalls();                                      // seccomp, for all threads

int proveSandbox();

}  // namespace portreeve::history
