// SPDX-License-Identifier: GPL-3.0-or-later
// How long the search for one socket may take through all processes. It is paid by the uid that
// owns the socket, so that a user who makes searches expensive (half a million descriptors, say)
// does not take the time of all others.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace portreeve::reader {

constexpr uint64_t MILLISECOND = 1'000'000;
constexpr uint64_t LONGEST_SEARCH_NS = 250 * MILLISECOND;

class Patience {
public:
  uint64_t allowance(uid_t uid, uint64_t nowNs);
  // Nanoseconds that a search for `uid` may take now: at most LONGEST_SEARCH_NS, 0 when used up.
  // 60 ms come back each second, up to 500 ms; a search begins with 20 ms at least.
  void charge(uid_t uid, uint64_t ns);

private:
  struct Account {
    uint64_t left = 500 * MILLISECOND;
    uint64_t at = 0;
  };
  // Uids share eight accounts: a user who has many (user namespaces) gets no more than half of the
  // reader's time with all of them.
  Account accounts[8];

  Account& of(uid_t uid) { return accounts[uid % 8]; }
};

}  // namespace portreeve::reader
