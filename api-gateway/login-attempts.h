// SPDX-License-Identifier: GPL-3.0-or-later
// Whoever shows links and tokens that are not good has to wait, the longer the more there were: by
// user, so that nobody locks another out.
#pragma once

#include <kj/common.h>
#include <kj/time.h>
#include <sys/types.h>

#include <map>

namespace portreeve::gateway {

class LoginAttempts {
public:
  static constexpr uint FREE = 5;                         // that may fail in a row
  static constexpr kj::Duration FIRST = 1 * kj::SECONDS;  // doubles with each further one
  static constexpr kj::Duration LONGEST = 60 * kj::SECONDS;
  static constexpr kj::Duration FORGOTTEN = 10 * kj::MINUTES;  // after the last failure
  static constexpr size_t MOST = 1024;                         // users remembered

  kj::Maybe<kj::Duration> wait(uid_t uid, kj::TimePoint now);
  // How long until that user may try again; nullptr: now.
  void failed(uid_t uid, kj::TimePoint now);
  void succeeded(uid_t uid) { users.erase(uid); }

private:
  struct Attempts {
    uint failures;
    kj::TimePoint last, again;
  };
  std::map<uid_t, Attempts> users;

  void forget(kj::TimePoint now);
};

}  // namespace portreeve::gateway
