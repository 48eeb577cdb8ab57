// SPDX-License-Identifier: GPL-3.0-or-later
// Text that any process may have chosen (its arguments, its name, its path), made fit for rules,
// logs and terminals. Pure functions.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::attributor {

kj::String printable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes);
// Valid UTF-8 of at most `maxBytes`. Bytes that are no UTF-8 (RFC 3629), control characters and
// what turns the direction of writing become \xNN, byte by byte; the end is cut between characters.

kj::String markedPrintable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes);
// The same, and where it had to be cut its last character is "…". `maxBytes` is 3 at least.

kj::String wholePrintable(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes);
// The same, and empty where it would have to be cut: half a path is another path.

kj::String commandLineOf(kj::ArrayPtr<const kj::byte> raw, size_t maxBytes = 1024);
// /proc/PID/cmdline (proc(5)): arguments joined by blanks, printable, marked where it was cut.

}  // namespace portreeve::attributor
