// SPDX-License-Identifier: GPL-3.0-or-later
// Text that others chose (a command line, a path, a unit) before it reaches a terminal: there, an
// escape sequence could move the cursor and rewrite what stands above.
#pragma once

#include <kj/string.h>

namespace portreeve::cli {

kj::String printable(kj::StringPtr text);
// Control characters (C0, DEL, C1), marks that turn the direction of writing, and bytes that are
// not UTF-8 become "\xNN", byte by byte.

size_t columns(kj::StringPtr text);
// Characters of UTF-8 text: how wide it is, as long as nobody writes double-width ones.

kj::String shortened(kj::StringPtr text, size_t mostColumns);
// Ends in "…" where something was cut.

}  // namespace portreeve::cli
