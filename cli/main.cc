// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve: the command. Holds no authority but its caller's.
#include "cli/command-line.h"
#include "cli/failure.h"
#include "cli/printable.h"
#include "cli/terminal.h"
#include "cli/text-file.h"

#include <kj/exception.h>

namespace portreeve::cli {
namespace {

int failed(ExitCode code, kj::StringPtr sentences) {
  for (auto& line : linesOf(sentences)) say(kj::str("portreeve: ", printable(line)));
  return code;
}

}  // namespace
}  // namespace portreeve::cli

int main(int argc, char** argv) {
  using namespace portreeve::cli;
  try {
    return runCommandLine(argc, argv);
  } catch (const Failure& failure) {
    return failed(failure.code, failure.sentence);
  } catch (const kj::Exception& e) {
    return failed(FAILED, e.getDescription());
  }
}
