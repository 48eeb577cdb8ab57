// SPDX-License-Identifier: GPL-3.0-or-later
// For the tests: real processes and real sockets, in step with the test by pipes alone.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/string.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace portreeve::reader {

inline kj::AutoCloseFd openProc() {
  int fd;
  KJ_SYSCALL(fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

inline kj::AutoCloseFd makeSocket() {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return kj::AutoCloseFd(fd);
}

inline uint64_t inodeOf(int fd) {
  struct stat file;
  KJ_SYSCALL(fstat(fd, &file));
  return file.st_ino;
}

class TestChild {
  // A forked process that does something, tells that it is done, and waits to be killed.
public:
  using Act = kj::Function<void()>;

  explicit TestChild(Act act) {
    int told[2];
    KJ_SYSCALL(pipe2(told, O_CLOEXEC));
    KJ_SYSCALL(pid = fork());
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      act();
      close(told[0]);
      close(told[1]);
      for (;;) pause();
    }
    // Closed when it has acted, also by a successful execve(2).
    close(told[1]);
    char byte;
    KJ_ASSERT(read(told[0], &byte, 1) == 0);
    close(told[0]);
  }
  KJ_DISALLOW_COPY(TestChild);
  ~TestChild() { end(); }

  void end() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = 0;
  }

  pid_t pid;
};

class TestFolder {
public:
  TestFolder() {
    char name[] = "/tmp/portreeve-reader-test-XXXXXX";
    KJ_ASSERT(mkdtemp(name) != nullptr);
    path = kj::str(name);
  }
  KJ_DISALLOW_COPY(TestFolder);
  ~TestFolder() {
    // What the tests put there are files alone.
    auto command = kj::str("rm -rf ", path);
    if (system(command.cStr()) != 0) unlink(path.cStr());
  }

  kj::String copyOf(kj::StringPtr program, kj::StringPtr name) const {
    auto copy = kj::str(path, '/', name);
    auto command = kj::str("cp ", program, " '", copy, "'");
    KJ_ASSERT(system(command.cStr()) == 0);
    return copy;
  }

  kj::String path;
};

inline TestChild::Act running(kj::StringPtr program, kj::StringPtr argument = nullptr) {
  // Executes it with a standard input that never ends.
  return [program, argument]() {
    int input[2];
    if (pipe(input) != 0 || dup2(input[0], 0) < 0) _exit(99);
    execl(program.cStr(), program.cStr(), argument == nullptr ? nullptr : argument.cStr(), nullptr);
    _exit(98);
  };
}

}  // namespace portreeve::reader
