// SPDX-License-Identifier: GPL-3.0-or-later
// The Quote of the Day (RFC 865), which port 17 was assigned for: whoever comes without knowing
// Gate17 gets one.
#pragma once

#include <kj/string.h>

#include <cstdint>

namespace portreeve::gate17 {

kj::StringPtr quoteOfTheDay(uint64_t wallNs);
// One line with its CRLF, under 512 characters; another one each day (UTC).

class QuoteLimit {
  // For UDP: whoever claims somebody else's address must not make us flood it.
public:
  static constexpr unsigned A_SECOND = 10;

  bool allow(uint64_t monotonicNs);

private:
  uint64_t second = 0;
  unsigned given = 0;
};

}  // namespace portreeve::gate17
