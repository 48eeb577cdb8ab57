// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/chance.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/random.h>

namespace portreeve::resolver {

uint64_t Chance::u64() {
  if (left == 0) {
    if (getrandom(drawn, sizeof drawn, 0) != ssize_t(sizeof drawn))
      KJ_FAIL_SYSCALL("getrandom", errno);
    left = sizeof drawn / sizeof drawn[0];
  }
  return drawn[--left];
}

Chance& chance() {
  static thread_local Chance instance;
  return instance;
}

}  // namespace portreeve::resolver
