// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve down`: the way out that always works.
#pragma once

namespace portreeve::cli {

int down();
// Stops the units, where systemd runs them, or ends `portreeve up`, if it runs; then removes the
// rules, chains, tables of ours and marks, whatever is alive or dead. Failure where another service
// manager runs the suite: it would come back.

}  // namespace portreeve::cli
