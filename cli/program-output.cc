// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-output.h"

#include "cli/child.h"
#include "cli/text-file.h"

#include <kj/io.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr auto WITHIN = 5 * kj::SECONDS;

}  // namespace

kj::Maybe<kj::String> outputOf(kj::StringPtr program,
                               std::initializer_list<kj::StringPtr> arguments) {
  if (access(program.cStr(), X_OK) != 0) return nullptr;
  kj::AutoCloseFd memory(memfd_create("output", MFD_CLOEXEC));
  ChildCommand command;
  command.program = kj::str(program);
  for (auto argument : arguments) command.arguments.add(kj::str(argument));
  command.environment.add(kj::str("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
  command.environment.add(kj::str("LC_ALL=C"));
  command.output = memory;
  int status = waitForChild(startChild(command), WITHIN);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return nullptr;
  lseek(memory, 0, SEEK_SET);
  return readAll(memory);
}

}  // namespace portreeve::cli
