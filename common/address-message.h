// SPDX-License-Identifier: GPL-3.0-or-later
// An address in messages (proto/flow.capnp).
#pragma once

#include "common/address.h"
#include "proto/flow.capnp.h"

namespace portreeve {

inline Address fromMessage(proto::Address::Reader reader) {
  return Address::fromHalves(reader.getUpper(), reader.getLower());
}

inline void toMessage(const Address& address, proto::Address::Builder builder) {
  builder.setUpper(address.upper());
  builder.setLower(address.lower());
}

}  // namespace portreeve
