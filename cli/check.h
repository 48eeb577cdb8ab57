// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve check`: are these files good? Needs no running suite.
#pragma once

#include <string>
#include <vector>

namespace portreeve::cli {

struct CheckOptions {
  std::vector<std::string> paths;  // none: the whole configuration
};

int check(const CheckOptions& options);
// Errors on standard error, one a line; FAILED if there is one.

}  // namespace portreeve::cli
