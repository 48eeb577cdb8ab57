// SPDX-License-Identifier: GPL-3.0-or-later
// The last lock: an allowlist of system calls with checked arguments (seccomp(2)). Anything else
// gets EPERM; what no daemon ever has a use for (execve, ptrace, mount, …) is simply not on a list.
#pragma once

#include <kj/common.h>
#include <kj/vector.h>

#include <cstdint>
#include <initializer_list>

namespace portreeve {

struct SyscallArgument {
  unsigned index;  // 0 to 5
  uint64_t mask;   // compared: (argument & mask) == value
  uint64_t value;
};

class SyscallFilter {
public:
  SyscallFilter();
  // Holds what every KJ server needs in its steady state: memory, epoll, read/write/send/receive on
  // open descriptors, clocks, signals, exit (kj-facts.md).

  SyscallFilter& allow(int syscall);
  SyscallFilter& allow(int syscall, std::initializer_list<SyscallArgument> all);
  // All conditions must hold; several calls for one syscall are alternatives.

  SyscallFilter&
  allowUnixSockets();  // socket(AF_UNIX), socketpair(AF_UNIX), connect, getsockopt: re-dial peers
  SyscallFilter& allowReadingFiles();  // openat(O_RDONLY…), newfstatat/statx, getdents64, lseek,
                                       // pread64, readlinkat
  SyscallFilter&
  allowWritingFiles();  // openat any flags, rename, unlink, fsync, mkdirat, ftruncate, fchmod

  void enter();
  // From here on, for the whole process. Throws FAILED when the kernel refuses.

private:
  struct Rule {
    int syscall;
    kj::Vector<SyscallArgument> all;
  };
  kj::Vector<Rule> rules;
};

}  // namespace portreeve
