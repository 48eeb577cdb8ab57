// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and the proof of it.
#pragma once

#include <kj/string.h>
#include <sys/types.h>

namespace portreeve::reader {

kj::String enterSandbox();
// seccomp: open for reading, read, list, answer. Returns what `status` says about Landlock, which
// is not used. Threads and sockets must be there already.

int proveSandbox(pid_t other);
// Tries, inside, what must be refused, on process `other` where it needs one (its number cannot be
// asked for any more); prints it; returns the exit code.

}  // namespace portreeve::reader
