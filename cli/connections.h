// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve connections`: who talks to whom, and why he may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct ConnectionsOptions {
  bool follow = false;
  std::optional<uint32_t> limit;  // newest that many
  std::string program;            // path or last component
  std::string action;
  bool openOnly = false;
  bool json = false;
};

int connections(const ConnectionsOptions& options);
// With `follow` it does not return by itself: where policy goes away it waits for its return.

}  // namespace portreeve::cli
