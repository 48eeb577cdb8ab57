// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/local-time.h"

#include <stdio.h>
#include <time.h>

namespace portreeve::cli {
namespace {

constexpr uint64_t NS_A_SECOND = 1'000'000'000;

}  // namespace

kj::Maybe<uint64_t> parseTime(kj::StringPtr rfc3339) {
  struct tm parts {};
  const char* rest = strptime(rfc3339.cStr(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || !rfc3339.endsWith("Z")) return nullptr;
  time_t seconds = timegm(&parts);
  if (seconds < 0) return nullptr;
  return uint64_t(seconds);
}

kj::String localTime(kj::StringPtr rfc3339, uint64_t nowWallNs) {
  KJ_IF_MAYBE (seconds, parseTime(rfc3339)) {
    time_t then = time_t(*seconds), now = time_t(nowWallNs / NS_A_SECOND);
    struct tm local {
    }, today{};
    localtime_r(&then, &local);
    localtime_r(&now, &today);
    bool isToday = local.tm_year == today.tm_year && local.tm_yday == today.tm_yday;
    char text[32];
    strftime(text, sizeof text, isToday ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &local);
    return kj::str(text);
  }
  return kj::str(rfc3339);
}

kj::String span(uint64_t seconds) {
  if (seconds < 120) return kj::str(seconds, " s");
  if (seconds < uint64_t(120) * 60) return kj::str(seconds / 60, " min");
  if (seconds < uint64_t(48) * 3600) return kj::str(seconds / 3600, " h");
  return kj::str(seconds / 86400, " d");
}

}  // namespace portreeve::cli
