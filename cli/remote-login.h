// SPDX-License-Identifier: GPL-3.0-or-later
// Whoever sits at the other end of an ssh connection can lock himself out; a change he makes is
// taken back unless he says, over the network as it is then, that it was good.
#pragma once

#include <kj/string.h>

#include <cstdint>
#include <optional>

namespace portreeve::cli {

constexpr uint32_t REMOTE_CONFIRM_SECONDS = 60;
constexpr const char* CONFIRM_HELP =
    "take it back after SECONDS unless `portreeve confirm` comes; 0: never (default: 60 when you "
    "came by ssh, else 0)";

bool cameBySsh();
// $SSH_CONNECTION is set, or an ancestor of this process is sshd (sudo removes the variable).

uint32_t confirmSeconds(std::optional<uint32_t> asked, kj::StringPtr what);
// What was asked for (0: no confirmation); else 60 for a caller by ssh, which is said on standard
// error, and 0 for anybody else. `what` is taken back: "the rule".

}  // namespace portreeve::cli
