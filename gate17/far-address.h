// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "common/address.h"

namespace portreeve::gate17 {

inline bool standsForAName(const Address& address) {
  // 198.18.0.0/15 (resolver/far-names.h): whoever goes there without a name goes nowhere.
  return address.isV4() && address.bytes[12] == 198 && (address.bytes[13] & 0xfe) == 18;
}

}  // namespace portreeve::gate17
