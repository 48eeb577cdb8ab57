// SPDX-License-Identifier: GPL-3.0-or-later
// Landlock (landlock(7)): which files this process may still open, and (ABI 4) that it opens no TCP
// sockets, (ABI 6) that it reaches no foreign abstract socket and signals nobody.
#pragma once

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

struct LandlockRules {
  kj::Vector<kj::String> read;     // files or folders, and all below; missing ones are left out
  kj::Vector<kj::String> write;    // read, write, create, rename, remove below
  kj::Vector<kj::String> execute;  // read and run; with a program its dynamic loader
  bool tcp = false;                // may bind and connect TCP (only looked at from ABI 4 on)
};

kj::String enterLandlock(const LandlockRules& rules);
// Returns what `status` says: "enforced (ABI n)" or "missing in this kernel". no_new_privs must be
// set. Throws FAILED when the kernel has Landlock and refuses. Connecting to Unix sockets by path
// is not restricted by Landlock.

}  // namespace portreeve
