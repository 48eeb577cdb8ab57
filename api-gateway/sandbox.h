// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and the proof of it.
#pragma once

#include <kj/string.h>

namespace portreeve::gateway {

kj::String enterSandbox();
// Landlock (no file, no TCP socket of its own), then seccomp. Returns the words about Landlock for
// `status`. The listening sockets and the event loop must be there already.

int proveSandbox();
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::gateway
