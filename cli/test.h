// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve test`: expectations of rules, run like unit tests. Needs no running suite.
#pragma once

#include <string>
#include <vector>

namespace portreeve::cli {

struct TestOptions {
  std::vector<std::string> paths;  // files of expectations, and folders of *.test
};

int test(const TestOptions& options);
// TAP (version 13) on standard output. FAILED where one does not hold or a file is bad.

}  // namespace portreeve::cli
