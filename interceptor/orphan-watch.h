// SPDX-License-Identifier: GPL-3.0-or-later
// Packets of which the kernel waits for a verdict and of which this process knows nothing (a
// verdict that the kernel could not take for want of memory): each takes a place in the queue for
// ever.
#pragma once

#include <cstdint>

namespace portreeve::interceptor {

class OrphanWatch {
public:
  static constexpr unsigned LOOKS = 10;

  bool look(bool drained, uint64_t inKernel, uint64_t held);
  // To be called at intervals. `drained`: all that the kernel had handed over was read; `inKernel`:
  // what waits in the queue; `held`: of it, what this process holds. True when in each of the last
  // LOOKS looks more waited than was held: what is on its way for a moment is not meant.

private:
  unsigned seen = 0;
};

}  // namespace portreeve::interceptor
