// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/time-span.h"

namespace portreeve {
namespace {

constexpr uint64_t NS_A_MS = 1'000'000;
constexpr uint64_t MOST = 1ull << 32;  // of a unit, not reached

uint64_t unitMs(char unit) {
  switch (unit) {
    case 's':
      return 1000;
    case 'm':
      return 60'000;
    case 'h':
      return 3'600'000;
    case 'd':
      return 86'400'000;
    default:
      return 0;
  }
}

}  // namespace

kj::Maybe<uint64_t> parseSpanMs(kj::StringPtr text) {
  if (text.size() < 2) return nullptr;
  uint64_t unit = unitMs(text[text.size() - 1]);
  if (unit == 0) return nullptr;
  uint64_t number = 0;
  for (char c : text.slice(0, text.size() - 1)) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + uint64_t(c - '0');
    if (number >= MOST) return nullptr;
  }
  return number * unit;
}

kj::Maybe<uint64_t> momentBefore(kj::StringPtr span, uint64_t nowWallNs) {
  KJ_IF_MAYBE (ms, parseSpanMs(span)) {
    uint64_t now = nowWallNs / NS_A_MS;
    return *ms < now ? now - *ms : 1;
  }
  return nullptr;
}

}  // namespace portreeve
