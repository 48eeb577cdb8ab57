// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/terminal.h"

#include "cli/failure.h"
#include "common/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

bool isSet(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != 0;
}

bool terminalKnowsColours() {
  const char* kind = getenv("TERM");
  return isatty(STDOUT_FILENO) && kind != nullptr && *kind != 0 && strcmp(kind, "dumb") != 0;
}

kj::StringPtr sequence(Colour colour) {
  switch (colour) {
    case Colour::NONE:
      return ""_kj;
    case Colour::GREEN:
      return "\x1b[32m"_kj;
    case Colour::YELLOW:
      return "\x1b[33m"_kj;
    case Colour::RED:
      return "\x1b[31m"_kj;
    case Colour::DIM:
      return "\x1b[2m"_kj;
    case Colour::BOLD:
      return "\x1b[1m"_kj;
  }
  return ""_kj;
}

}  // namespace

bool coloursWanted() {
  static const bool wanted = terminalKnowsColours() && !isSet("NO_COLOR");
  return wanted;
}

kj::String painted(kj::StringPtr text, Colour colour) {
  if (colour == Colour::NONE || !coloursWanted()) return kj::str(text);
  return kj::str(sequence(colour), text, "\x1b[0m");
}

void print(kj::StringPtr text) {
  size_t written = fwrite(text.begin(), 1, text.size(), stdout);
  if (written != text.size() || fflush(stdout) != 0) _exit(FAILED);
}

void printLine(kj::StringPtr text) {
  print(kj::str(text, '\n'));
}

void say(kj::StringPtr text) {
  fprintf(stderr, "%s\n", text.cStr());
}

Colour colourOfAction(kj::StringPtr action) {
  if (action == "allow") return Colour::GREEN;
  if (isRefusal(action)) return Colour::RED;
  if (action == "undecided") return Colour::YELLOW;
  return Colour::NONE;
}

Colour colourOfState(kj::StringPtr state) {
  if (state == "running" || state == "enforcing") return Colour::GREEN;
  if (state == "degraded" || state == "starting") return Colour::YELLOW;
  return Colour::RED;
}

}  // namespace portreeve::cli
