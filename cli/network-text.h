// SPDX-License-Identifier: GPL-3.0-or-later
// Where an address is, in words for a terminal.
#pragma once

#include "proto/view.capnp.h"

#include <kj/string.h>

namespace portreeve::cli {

kj::String networkText(proto::view::Network::Reader network);
// "NZ, AS64496 Example Net", printable; empty: the databases do not know.

kj::String scopeText(proto::view::Network::Reader network);
// How far away: "this machine", "the local network", "the internet", "many at once (multicast)".

}  // namespace portreeve::cli
