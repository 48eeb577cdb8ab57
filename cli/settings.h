// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve settings`: every setting with where it comes from, and changing those of [policy]
// while the suite runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portreeve::cli {

struct SettingsOptions {
  bool json = false;  // one page
};
int settings(const SettingsOptions& options);

struct SettingsSetOptions {
  std::string name;                 // "policy.default"
  std::vector<std::string> values;  // one, or the texts of a list; none: back to the file's
  std::optional<uint32_t> confirmSeconds;
};
int settingsSet(const SettingsSetOptions& options);

}  // namespace portreeve::cli
