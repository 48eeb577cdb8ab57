// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve export` and `portreeve import archive`: the whole policy as one text file: settings,
// the administrator's rules, the suite's own. Root only (it reads and writes the files themselves).
#pragma once

#include <string>

namespace portreeve::cli {

struct ExportOptions {
  std::string output;  // empty: standard output
};
int exportPolicy(const ExportOptions& options);

int importArchive(const std::string& file);
// Checked as a whole before anything is written. Files of rules that the archive has not are taken
// away, so that what is in force after is what was exported. Failure names what is wrong.

}  // namespace portreeve::cli
