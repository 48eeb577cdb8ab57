// SPDX-License-Identifier: GPL-3.0-or-later
// What every daemon's main does besides its own recipe: one option at the most, the log, and an
// exit code. 0 good, 1 failed (said in the log), 2 wrong use.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <initializer_list>

namespace portreeve {

struct DaemonMode {
  kj::StringPtr option;  // "" without one: serve; "--prove-sandbox", …
  int (*run)();          // the exit code; what it throws is logged and 1
};

int daemonMain(kj::StringPtr name, const char* help, std::initializer_list<DaemonMode> modes,
               int argumentCount, char** arguments);
// `name`: "policy", …. Knows --help and --version by itself.

}  // namespace portreeve
