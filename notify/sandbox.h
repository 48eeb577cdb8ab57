// SPDX-License-Identifier: GPL-3.0-or-later
// What portreeve-notify still may once it serves: talk over Unix sockets, open no file.
#pragma once

#include <kj/string.h>

namespace portreeve::notify {

void enterSandbox();
// no_new_privs, Landlock (no file at all), seccomp. It keeps its uid, which is the person's own.

int proveSandbox();
// Tries what must be refused and says so, a line each; the exit code.

}  // namespace portreeve::notify
