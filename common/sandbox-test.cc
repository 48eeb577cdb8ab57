// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/landlock.h"
#include "common/privileges.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve {
namespace {

int inChild(kj::Function<int()> act) {
  // A sandbox cannot be left again: each trial has a process of its own. Returns its exit code.
  pid_t child = fork();
  KJ_ASSERT(child >= 0);
  if (child == 0) {
    int code = 99;
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { code = act(); })) {
      (void)e;
    }
    _exit(code);
  }
  int status;
  KJ_ASSERT(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

TEST_CASE("behind the system call filter nothing runs programs, traces or opens inet sockets") {
  CHECK(inChild([]() {
          prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
          SyscallFilter().allowUnixSockets().enter();
          if (execute("/bin/true").attempt() != EPERM) return 1;
          if (makeInetSocket().attempt() != EPERM) return 2;
          if (ptraceParent().attempt() != EPERM) return 3;
          if (openForReading("/etc/passwd").attempt() != EPERM) return 4;
          if (killParent().attempt() != EPERM) return 5;
          if (mountSomething().attempt() != EPERM) return 6;
          return 0;
        }) == 0);
}

TEST_CASE("behind the system call filter a KJ server's own needs are met") {
  CHECK(inChild([]() {
          prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
          SyscallFilter().allowUnixSockets().enter();
          int pair[2];
          if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
          if (write(pair[0], "x", 1) != 1) return 2;
          char c;
          if (read(pair[1], &c, 1) != 1) return 3;
          auto memory = kj::heapArray<char>(10 << 20);
          memory[5 << 20] = 1;
          return hasSeccomp() && hasNoNewPrivileges() ? 0 : 4;
        }) == 0);
}

TEST_CASE("a reader of files cannot write one, whatever flags it asks for") {
  CHECK(inChild([]() {
          prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
          SyscallFilter().allowReadingFiles().enter();
          int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
          if (fd < 0) return 1;
          for (int flags :
               {O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT})
            if (open("/tmp/portreeve-must-not-be", flags, 0600) >= 0 || errno != EPERM) return 2;
          return 0;
        }) == 0);
}

TEST_CASE("Landlock leaves the files that were named and no others") {
  CHECK(inChild([]() {
          prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
          LandlockRules rules;
          rules.read.add(kj::str("/etc/passwd"));
          rules.read.add(kj::str("/no/such/path"));
          if (enterLandlock(rules) == "missing in this kernel") return 0;
          if (open("/etc/passwd", O_RDONLY) < 0) return 1;
          if (open("/etc/group", O_RDONLY) >= 0) return 2;
          if (open("/etc/passwd", O_WRONLY) >= 0) return 3;
          return 0;
        }) == 0);
}

TEST_CASE("root that becomes another uid keeps just the capability that was named") {
  if (getuid() != 0) {
    MESSAGE("needs root: not tried");
    return;
  }
  CHECK(inChild([]() {
          const int keep[] = {12};  // CAP_NET_ADMIN
          dropPrivileges(Account{61799, 61799}, keep);
          auto held = heldCapabilities();
          if (held.size() != 1 || held[0] != "cap_net_admin") return 1;
          if (getuid() != 61799 || getgid() != 61799 || getgroups(0, nullptr) != 0) return 2;
          if (!hasNoNewPrivileges()) return 3;
          if (becomeRoot().attempt() != EPERM) return 4;
          if (openForReading("/etc/shadow").attempt() != EACCES) return 5;
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace portreeve
