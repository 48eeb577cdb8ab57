// SPDX-License-Identifier: GPL-3.0-or-later
// How a command ends otherwise than well: a sentence for the person and an exit code for scripts.
// Thrown by the sequential code of the commands (never inside a promise), caught in main alone.
#pragma once

#include <kj/string.h>

#include <utility>

namespace portreeve::cli {

enum ExitCode : int { GOOD = 0, FAILED = 1, WRONG_USE = 2, NOT_RUNNING = 3 };

class Failure {
public:
  template <typename... Parts>
  explicit Failure(ExitCode code, Parts&&... parts)
      : code(code), sentence(kj::str(kj::fwd<Parts>(parts)...)) {}

  ExitCode code;
  kj::String sentence;  // what was done: on what: why, and what to do
};

}  // namespace portreeve::cli
