// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/demo.h"

#include "cli/daemon-paths.h"
#include "cli/failure.h"

#include <errno.h>
#include <kj/debug.h>
#include <kj/string.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr const char* PYTHON = "/usr/bin/python3";

kj::String ownPath() {
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length < 0) throw Failure(FAILED, "reading /proc/self/exe: ", strerror(errno));
  return kj::heapString(self, size_t(length));
}

}  // namespace

int demo(const DemoOptions& options) {
  if (geteuid() != 0)
    throw Failure(FAILED,
                  "the demonstration needs root, for the network namespaces and the rules "
                  "in them: sudo portreeve demo");
  auto script = demonstration();
  auto folder = script.slice(0, KJ_REQUIRE_NONNULL(script.findLast('/')));
  // It runs the suite that this command belongs to, not another one that may be installed.
  setenv("PORTREEVE_COMMAND", ownPath().cStr(), 1);
  setenv("PORTREEVE_PROBE", kj::str(folder, "/probe").cStr(), 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  const char* words[] = {PYTHON, script.cStr(), options.stay ? "--stay" : nullptr, nullptr};
  execv(PYTHON, const_cast<char* const*>(words));
  if (errno == ENOENT)
    throw Failure(FAILED, "the demonstration is a Python program: apt install python3");
  throw Failure(FAILED, "starting ", PYTHON, ": ", strerror(errno));
}

}  // namespace portreeve::cli
