// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, in two steps, and the proof of it.
#pragma once

#include "common/directories.h"

#include <kj/string.h>

namespace portreeve::policy {

void requireFolders(const Directories& directories);
// As the uid that will need them. Throws FAILED with what to do where one may not be read or
// written.

kj::String lockFiles(const Directories& directories);
// Landlock: reads the configuration, writes its own state. Returns the words about it for `status`.
// The watch on files must be there already.
void lockCalls();
// seccomp, for all threads: no inet socket, no program, no further thread. The event loop and the
// thread that compiles rules (common/worker.h) must be there already.

int proveSandbox();
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::policy
