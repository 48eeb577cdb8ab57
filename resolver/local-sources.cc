// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/local-sources.h"

namespace portreeve::resolver {

bool isLocalSource(const Address& source, const Address& ours) {
  return ours.scope() == Scope::LOCALHOST || source.scope() == Scope::LOCALHOST || source == ours;
}

}  // namespace portreeve::resolver
