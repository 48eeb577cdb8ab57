// SPDX-License-Identifier: GPL-3.0-or-later
// Whether an answer may be one from before.
#pragma once

#include <cstdint>

namespace portreeve {

enum class Freshness : uint8_t { CACHED, ANEW };
// ANEW: somebody is asked, whatever is known already.

}  // namespace portreeve
