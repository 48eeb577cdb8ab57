// SPDX-License-Identifier: GPL-3.0-or-later
// Standard output as a person sees it.
#pragma once

#include <kj/string.h>

namespace portreeve::cli {

enum class Colour { NONE, GREEN, YELLOW, RED, DIM, BOLD };

bool coloursWanted();
// Standard output is a terminal that knows them, and NO_COLOR (no-color.org) is not set.

kj::String painted(kj::StringPtr text, Colour colour);
// Without escape sequences unless coloursWanted().

void print(kj::StringPtr text);
// To standard output, at once. Ends the program with exit code 1 where nobody reads it any more
// (`portreeve connections --follow | head`), as SIGPIPE would.

void printLine(kj::StringPtr text);
void say(kj::StringPtr text);  // one line to standard error

Colour colourOfAction(kj::StringPtr action);  // "allow" is green, "block" red, …
Colour colourOfState(kj::StringPtr state);    // "running", "enforcing", "degraded", "stopped", …

}  // namespace portreeve::cli
