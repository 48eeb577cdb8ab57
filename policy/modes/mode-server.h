// SPDX-License-Identifier: GPL-3.0-or-later
// Modes over RPC (proto/modes.capnp).
#pragma once

#include "policy/modes/learned.h"
#include "policy/modes/modes.h"

namespace portreeve::policy {

proto::Modes::Client makeModes(Modes& modes, Learned& learned, kj::StringPtr who);
// For whoever may change rules. Both outlive it; `who` stands in the log.

}  // namespace portreeve::policy
