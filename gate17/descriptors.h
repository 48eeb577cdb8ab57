// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <kj/debug.h>
#include <sys/resource.h>

namespace portreeve::gate17 {

inline void raiseDescriptorLimit() {
  // A stream takes two descriptors: as many as the machine allows us (getrlimit(2)).
  rlimit limit{};
  KJ_SYSCALL(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  KJ_SYSCALL(setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace portreeve::gate17
