// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve who`: which process owns a socket, or what a process is.
#pragma once

#include <string>
#include <vector>

namespace portreeve::cli {

struct WhoOptions {
  std::vector<std::string> words;  // PID, or [PROTOCOL] LOCAL [REMOTE]
  bool json = false;
};

int who(const WhoOptions& options);
// FAILED where nobody owns such a socket, or there is no such process.

}  // namespace portreeve::cli
