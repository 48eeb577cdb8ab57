// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses that the resolver gives for names that are looked up at the far end of a tunnel.
#pragma once

#include "common/address.h"

namespace portreeve {

inline bool standsForAName(const Address& address) {
  // 198.18.0.0/15 (resolver/far-names.h): whoever goes there without a name goes nowhere.
  return address.isV4() && address.bytes[12] == 198 && (address.bytes[13] & 0xfe) == 18;
}

}  // namespace portreeve
