// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/back-off.h"

namespace portreeve::cli {

kj::Duration BackOff::next(kj::Duration lived) {
  if (lived >= GROWN_UP) delay = 0 * kj::SECONDS;
  auto result = delay;
  delay = kj::max(FIRST, kj::min(delay * 2, LONGEST));
  return result;
}

}  // namespace portreeve::cli
