// SPDX-License-Identifier: GPL-3.0-or-later
// Times: monotonic for measuring, wall clock for people.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve {

uint64_t monotonicNs();  // CLOCK_MONOTONIC
uint64_t wallNs();       // CLOCK_REALTIME, ns since the Unix epoch

constexpr uint64_t WRITTEN_NS = 1'795'000'000ull * 1'000'000'000;
// 2026-11-18, when this version was written: a wall clock that says less is wrong.

kj::String rfc3339(uint64_t wallNanoseconds);
// "2026-11-24T13:56:00.123Z"; empty for 0.

}  // namespace portreeve
