// SPDX-License-Identifier: GPL-3.0-or-later
// A question as the historian keeps it.
#pragma once

#include "policy/prompts/prompt-watchers.h"
#include "proto/prompt.capnp.h"

namespace portreeve::policy {

void fillRecord(proto::PromptRecord::Builder to, const Question& prompt, const Closed* how,
                const UserNames& users);
// how: nullptr while it is open.

void fillDestination(proto::PromptDestination::Builder to, const Destination& there);

}  // namespace portreeve::policy
