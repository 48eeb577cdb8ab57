// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's times (RFC 3339, UTC) as a person reads them.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve::cli {

kj::Maybe<uint64_t> parseTime(kj::StringPtr rfc3339);
// Seconds since the Unix epoch of "2026-11-24T13:56:00.123Z".

kj::String localTime(kj::StringPtr rfc3339, uint64_t nowWallNs);
// "14:56:00" where it was today, else "2026-11-24 14:56:00", in the caller's time zone; the text as
// it is where it is no time.

kj::String span(uint64_t seconds);  // "42 s", "3 min", "5 h", "12 d"

}  // namespace portreeve::cli
