// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and with it the programs that it runs: iptables-restore and
// iptables-save inherit all of it.
#pragma once

#include <kj/string.h>

namespace portreeve::keeper {

void makeLegacyLockFile();
// /run/xtables.lock, as iptables-legacy would make it: inside the sandbox no file can be made.

kj::String enterSandbox(bool legacy);
// Landlock, then seccomp. Returns the words about Landlock for `status`. With `legacy` the raw
// socket by which iptables-legacy speaks to the kernel can be made. The event loop must be there
// already.

int proveSandbox(bool legacy);
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::keeper
