// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/node-account.h"

namespace portreeve::gate17 {

Account nodeAccount() {
  constexpr uid_t FALLBACK = 61721;  // beside those of common/accounts.cc
  auto users = UserNames::read();
  for (auto& user : users.users)
    if (user.name == "portreeve-node") return {user.uid, user.gid};
  return {FALLBACK, FALLBACK};
}

}  // namespace portreeve::gate17
