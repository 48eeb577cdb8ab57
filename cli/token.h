// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve token`: the keys of scripts and Prometheus to the API on :817.
#pragma once

#include <string>

namespace portreeve::cli {

struct TokenOptions {
  std::string name;              // create: of the token; revoke: its name or number
  std::string role = "observe";  // observe, answer, change
  std::string expires = "90d";   // from now
  std::string user;              // whose programs may show it; empty: the caller
  bool json = false;
};

int tokenCreate(const TokenOptions& options);
// Prints the token, which is told this once.
int tokenList(const TokenOptions& options);
int tokenRevoke(const TokenOptions& options);

}  // namespace portreeve::cli
