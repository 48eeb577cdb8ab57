// SPDX-License-Identifier: GPL-3.0-or-later
// Runs one program to its end: fixed arguments, an empty environment but for PATH, all input at
// hand, a limit on time. Input and output are memory files, so neither side ever waits for the
// other.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/time.h>

#include <initializer_list>

namespace portreeve::keeper {

struct ProgramResult {
  int exitCode = -1;  // 128 + signal where one ended it
  bool timedOut = false;
  kj::String output;
  kj::String errors;  // the lines that it wrote to standard error, warnings left out

  bool good() const { return exitCode == 0 && !timedOut; }
  kj::String why(kj::StringPtr program) const;  // its own words, or how it ended
};

ProgramResult runProgram(kj::StringPtr path, std::initializer_list<kj::StringPtr> arguments,
                         kj::StringPtr input, kj::Duration limit = 10 * kj::SECONDS);
// Blocks. Past `limit` the program is killed. Throws FAILED only when the kernel refuses to make a
// process.

}  // namespace portreeve::keeper
