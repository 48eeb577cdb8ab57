// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve import`: rules of other programs, or an archive of `portreeve export`.
#pragma once

#include <string>

namespace portreeve::cli {

struct ImportOptions {
  std::string format;  // opensnitch, portmaster, little-snitch, hosts, ufw
  std::string from;
  std::string output;  // empty: standard output
};

int importRules(const ImportOptions& options);
// The rules as TOML; the report (what was left out and why) on standard error. Changes nothing
// else. FAILED where nothing could be converted.

}  // namespace portreeve::cli
