// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve up`: guards the current network namespace in the foreground, without systemd.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct UpOptions {
  std::optional<uint32_t> confirmSeconds;
  std::string daemons;  // folder of their programs; empty: look for them
};

int up(const UpOptions& options);
// Prints "ready" when enforcing. Returns when all is taken down again: GOOD when that was asked
// for, FAILED where it did not come up or was not confirmed. Failure, with nothing changed on the
// machine, where something is in the way from the start.

}  // namespace portreeve::cli
