// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/login-attempts.h"

#include <algorithm>

namespace portreeve::gateway {

kj::Maybe<kj::Duration> LoginAttempts::wait(uid_t uid, kj::TimePoint now) {
  auto found = users.find(uid);
  if (found == users.end() || found->second.again <= now) return nullptr;
  return found->second.again - now;
}

void LoginAttempts::failed(uid_t uid, kj::TimePoint now) {
  forget(now);
  auto& attempts = users.try_emplace(uid, Attempts{0, now, now}).first->second;
  attempts.failures++;
  attempts.last = now;
  if (attempts.failures <= FREE) return;
  uint doublings = kj::min(attempts.failures - FREE - 1, 10u);
  attempts.again = now + kj::min(FIRST * (1 << doublings), LONGEST);
}

void LoginAttempts::forget(kj::TimePoint now) {
  std::erase_if(users, [now](auto& entry) { return now - entry.second.last >= FORGOTTEN; });
  if (users.size() < MOST) return;
  users.erase(std::min_element(users.begin(), users.end(),
                               [](auto& a, auto& b) { return a.second.last < b.second.last; }));
}

}  // namespace portreeve::gateway
