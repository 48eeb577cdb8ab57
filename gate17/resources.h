// SPDX-License-Identifier: GPL-3.0-or-later
// What the process takes of the machine, set before it serves.
#pragma once

#include <kj/debug.h>
#include <malloc.h>
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

inline void keepFreedMemory() {
  // A message of a node's is as long as what glibc gives back to the kernel when it is freed:
  // without this each one begins with a brk(2) and page faults (mallopt(3)).
  constexpr int KEPT = 4 << 20;
  mallopt(M_TRIM_THRESHOLD, KEPT);
  mallopt(M_MMAP_THRESHOLD, KEPT);
}

}  // namespace portreeve::gate17
