// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/change-effects.h"

#include "cli/terminal.h"

namespace portreeve::cli {

void sayAffected(uint32_t connections) {
  if (connections > 0)
    say(kj::str(connections, " open connection", connections == 1 ? " has" : "s have",
                " another verdict now"));
}

void sayConfirm(uint32_t seconds) {
  if (seconds > 0) say(kj::str("taken back in ", seconds, " s unless you say `portreeve confirm`"));
}

}  // namespace portreeve::cli
