// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve profile`: which there are, which is in force and why, and choosing one by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct ProfileListOptions {
  bool json = false;
};
int profileList(const ProfileListOptions& options);

struct ProfileUseOptions {
  std::string name;  // or "auto", "none"
  std::optional<uint32_t> confirmSeconds;
};
int profileUse(const ProfileUseOptions& options);

}  // namespace portreeve::cli
