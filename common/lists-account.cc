// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/lists-account.h"

namespace portreeve {

Account listsAccount() {
  constexpr uid_t FALLBACK = 61720;  // beside those of common/accounts.cc
  auto users = UserNames::read();
  for (auto& user : users.users)
    if (user.name == "portreeve-lists") return {user.uid, user.gid};
  return {FALLBACK, FALLBACK};
}

}  // namespace portreeve
