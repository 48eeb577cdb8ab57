// SPDX-License-Identifier: GPL-3.0-or-later
// What is said after a change, on standard error.
#pragma once

#include <cstdint>

namespace portreeve::cli {

void sayAffected(uint32_t connections);  // how many open ones have another verdict; 0: nothing
void sayConfirm(uint32_t seconds);       // until it is taken back; 0: nothing

}  // namespace portreeve::cli
