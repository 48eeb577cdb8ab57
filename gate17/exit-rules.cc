// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/exit-rules.h"

namespace portreeve::gate17 {

bool ExitRules::allow(const SocketAddress& to) const {
  if (to.port == 0 || to.address.isUnspecified()) return false;
  for (auto scope : scopes)
    if (scope == to.address.scope()) return true;
  return false;
}

}  // namespace portreeve::gate17
