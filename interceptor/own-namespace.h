// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a network namespace of the test's own (network_namespaces(7)), left at the end.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sched.h>
#include <unistd.h>

namespace portreeve {

class OwnNamespace {
public:
  OwnNamespace() : before(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
    entered = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
    if (!entered) MESSAGE("needs root: not tried");
  }
  ~OwnNamespace() noexcept(false) {
    if (!entered) return;
    KJ_SYSCALL(setns(before, CLONE_NEWNET));
  }
  KJ_DISALLOW_COPY(OwnNamespace);

  bool entered;

private:
  kj::AutoCloseFd before;
};

}  // namespace portreeve
