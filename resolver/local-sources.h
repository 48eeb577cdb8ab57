// SPDX-License-Identifier: GPL-3.0-or-later
// Who may ask this resolver: this machine, nobody else.
#pragma once

#include "common/address.h"

namespace portreeve::resolver {

bool isLocalSource(const Address& source, const Address& ours);
// True for loopback addresses, and for our own: what a machine sends to itself. A query that the
// kernel turned to us keeps the source it had towards the server that was meant: where we listen on
// a loopback address only this machine's packets arrive there, whatever their source
// (ip(7), rp_filter; a packet from a wire to 127.0.0.0/8 is a martian and never delivered).

}  // namespace portreeve::resolver
