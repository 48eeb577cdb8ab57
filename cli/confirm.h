// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve confirm`: what was done with --confirm stays.
#pragma once

namespace portreeve::cli {

int confirm();
// Both kinds: the start (`up --confirm`) and rule changes. GOOD also where nothing was pending.

}  // namespace portreeve::cli
