// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/patience.h"

#include <algorithm>

namespace portreeve::reader {
namespace {

constexpr uint64_t MOST = 500 * MILLISECOND;
constexpr uint64_t TOO_LITTLE = 20 * MILLISECOND;  // to get anywhere

}  // namespace

uint64_t Patience::allowance(uid_t uid, uint64_t nowNs) {
  Account& account = of(uid);
  // 60 ms a second. Longer than ten seconds fills it whatever was left.
  uint64_t passed = std::min(nowNs - account.at, 10'000 * MILLISECOND);
  account.left = std::min(account.left + passed * 60 / 1000, MOST);
  account.at = nowNs;
  return account.left < TOO_LITTLE ? 0 : std::min(account.left, LONGEST_SEARCH_NS);
}

void Patience::charge(uid_t uid, uint64_t ns) {
  Account& account = of(uid);
  account.left -= std::min(account.left, ns);
}

}  // namespace portreeve::reader
