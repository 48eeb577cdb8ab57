// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/orphan-watch.h"

namespace portreeve::interceptor {

bool OrphanWatch::look(bool drained, uint64_t inKernel, uint64_t held) {
  seen = drained && inKernel > held ? seen + 1 : 0;
  if (seen < LOOKS) return false;
  seen = 0;
  return true;
}

}  // namespace portreeve::interceptor
