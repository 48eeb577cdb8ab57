// SPDX-License-Identifier: GPL-3.0-or-later
// Where an address is, as people and programs see it (proto/view.capnp).
#pragma once

#include "policy/rules/geography.h"
#include "proto/view.capnp.h"

namespace portreeve::rules {

void fillNetwork(const Address& address, const Geography& geography,
                 proto::view::Network::Builder view);
// All but `address`: scope always, country and autonomous system where the databases have them.

}  // namespace portreeve::rules
