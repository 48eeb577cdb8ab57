// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's times as text (RFC 3339 with milliseconds, UTC) and back.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve::history {

kj::Maybe<int64_t> parseTimeMs(kj::StringPtr text);
// Of "2026-11-24T13:56:00.123Z" alone: what common/clock.h writes.

kj::String timeText(int64_t ms);  // empty for 0

}  // namespace portreeve::history
