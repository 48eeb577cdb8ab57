// SPDX-License-Identifier: GPL-3.0-or-later
// Spans of time as people write them to the command and the API: "30s", "5m", "2h", "7d".
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve {

kj::Maybe<uint64_t> parseSpanMs(kj::StringPtr text);
// Milliseconds; below 2^32 of the unit. nullptr where it is no such span.

kj::Maybe<uint64_t> momentBefore(kj::StringPtr span, uint64_t nowWallNs);
// The moment so long before `nowWallNs`, in milliseconds since the Unix epoch; 1 where that was
// earlier.

}  // namespace portreeve
