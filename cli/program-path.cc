// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/program-path.h"

#include "cli/failure.h"
#include "cli/terminal.h"

#include <kj/common.h>
#include <stdlib.h>

namespace portreeve::cli {

kj::String programPath(kj::StringPtr written) {
  if (!written.startsWith("/") && !written.startsWith("*"))
    throw Failure(WRONG_USE, "--program: \"", written,
                  "\" is not a whole path; write for example /usr/bin/curl");
  for (char c : written)
    if (c == '*' || c == '?' || c == '[') return kj::str(written);
  char* followed = realpath(written.cStr(), nullptr);
  if (followed == nullptr) return kj::str(written);
  KJ_DEFER(free(followed));
  if (written != followed) say(kj::str(written, " is a link: taking ", followed));
  return kj::str(followed);
}

}  // namespace portreeve::cli
