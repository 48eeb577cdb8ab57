// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and the proof of it.
#pragma once

#include <kj/string.h>

namespace portreeve::interceptor {

kj::String enterSandbox();
// Landlock (no file at all, no TCP), then seccomp. Returns the words about Landlock for `status`.
// What is owned of the kernel, and the event loop, must be there already.

int proveSandbox();
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::interceptor
