// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/time-text.h"

#include "common/clock.h"

#include <time.h>

namespace portreeve::history {

kj::Maybe<int64_t> parseTimeMs(kj::StringPtr text) {
  if (text.size() != 24 || text[19] != '.' || text[23] != 'Z') return nullptr;
  for (size_t i : {20, 21, 22})
    if (text[i] < '0' || text[i] > '9') return nullptr;
  struct tm parts {};
  const char* end = strptime(text.cStr(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end != text.begin() + 19) return nullptr;
  int64_t ms = (text[20] - '0') * 100 + (text[21] - '0') * 10 + (text[22] - '0');
  return int64_t(timegm(&parts)) * 1000 + ms;
}

kj::String timeText(int64_t ms) {
  return ms <= 0 ? kj::String() : rfc3339(uint64_t(ms) * 1'000'000);
}

}  // namespace portreeve::history
