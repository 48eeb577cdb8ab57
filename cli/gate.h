// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve gate`: the ways of Gate17.
#pragma once

#include <string>

namespace portreeve::cli {

struct GateOptions {
  std::string file;    // keygen
  std::string way;     // test
  std::string target;  // test: HOST:PORT; empty: the way's server alone
  bool json = false;
};

int gateStatus(const GateOptions& options);
int gateTest(const GateOptions& options);
int gateKeygen(const GateOptions& options);

}  // namespace portreeve::cli
