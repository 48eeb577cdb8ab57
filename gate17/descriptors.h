// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <kj/debug.h>
#include <sys/resource.h>

namespace portreeve::gate17 {

constexpr rlim_t DESCRIPTORS = 65536;

inline void raiseDescriptorLimit() {
  // A stream takes up to two descriptors (getrlimit(2)). Where a shell's hard limit is all we have,
  // it is what may be open: 20,000 of them are 9,993 streams.
  rlimit wanted{DESCRIPTORS, DESCRIPTORS};
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return;
  rlimit limit{};
  KJ_SYSCALL(getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  KJ_SYSCALL(setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace portreeve::gate17
