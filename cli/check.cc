// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/check.h"

#include "cli/configuration-check.h"
#include "cli/failure.h"
#include "cli/printable.h"
#include "cli/terminal.h"

namespace portreeve::cli {
namespace {

kj::String counted(size_t count, kj::StringPtr noun) {
  return kj::str(count, ' ', noun, count == 1 ? "" : "s");
}

}  // namespace

int check(const CheckOptions& options) {
  auto report = options.paths.empty() ? checkConfiguration(Directories::fromEnvironment())
                                      : checkFiles(options.paths);
  for (auto& error : report.errors) say(printable(error));
  for (auto& warning : report.warnings) say(kj::str("warning: ", printable(warning)));
  if (!report.errors.empty()) {
    say(kj::str(counted(report.errors.size(), "error"), ": these files would not be put in force"));
    return FAILED;
  }
  printLine(
      kj::str("good: ", counted(report.rules, "rule"), " in ", counted(report.files, "file")));
  return GOOD;
}

}  // namespace portreeve::cli
