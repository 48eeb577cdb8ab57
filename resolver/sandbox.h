// SPDX-License-Identifier: GPL-3.0-or-later
// What this process locks itself into, and the proof of it.
#pragma once

#include <kj/string.h>

namespace portreeve::resolver {

kj::String enterSandbox(kj::StringPtr listsFolder);
// Landlock (no file but compiled lists of names; TCP stays), then seccomp. Returns the words about
// Landlock for `status`. Everything that is read from files, and the event loop, must be there
// already.

int proveSandbox();
// Tries, inside, what must be refused; prints it; returns the exit code.

}  // namespace portreeve::resolver
