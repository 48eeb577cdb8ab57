// SPDX-License-Identifier: GPL-3.0-or-later
// What the resolver holds of policy to tell where this machine is (proto/profile.capnp).
#pragma once

#include "policy/rule-store.h"
#include "proto/profile.capnp.h"

namespace portreeve::policy {

proto::AttachmentListener::Client makeAttachmentListener(RuleStore& rules);
// For the resolver's uid alone: whoever calls has seen to it. `rules` outlives it.

}  // namespace portreeve::policy
