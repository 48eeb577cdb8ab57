// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and the proof of it.
#pragma once

#include <kj/string.h>

namespace portreeve::attributor {

kj::String enterSandbox();
// Landlock (no file at all, no TCP), then seccomp. Returns the words about Landlock for `status`.
// The netlink sockets, and the event loop, must be there already.

int proveSandbox();
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::attributor
