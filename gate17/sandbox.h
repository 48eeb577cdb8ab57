// SPDX-License-Identifier: GPL-3.0-or-later
// What the gate may still do once it serves: speak on sockets, make IP sockets to its ways, dial
// the suite. No file, no program. A node besides: look names up.
#pragma once

#include <kj/string.h>

namespace portreeve::gate17 {

kj::String enterSandbox();
// For good. Returns what Landlock said (common/landlock.h).

kj::String enterNodeSandbox();

int proveSandbox();
// Tries what must be refused in here; 0 when all of it was.

}  // namespace portreeve::gate17
