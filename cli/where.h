// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve where`: the country and the network of addresses.
#pragma once

#include <string>
#include <vector>

namespace portreeve::cli {

struct WhereOptions {
  std::vector<std::string> addresses;
  bool json = false;
};

int where(const WhereOptions& options);
// WRONG_USE where one is no address, before anything is asked.

}  // namespace portreeve::cli
