// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/lock.h"

#include "cli/processes.h"
#include "cli/text-file.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr timespec BETWEEN_TRIES{0, 20'000'000};

kj::String pathIn(const Directories& directories) {
  return kj::str(directories.runtime, "/up.lock");
}

void writePid(int fd) {
  auto text = kj::str(getpid(), '\n');
  KJ_SYSCALL(ftruncate(fd, 0));
  KJ_SYSCALL(pwrite(fd, text.begin(), text.size(), 0));
}

bool hasOpen(pid_t pid, kj::StringPtr path) {
  struct stat file {};
  if (stat(path.cStr(), &file) != 0) return false;
  return hasFileOpen(pid, file.st_dev, file.st_ino);
}

}  // namespace

kj::Maybe<Lock> Lock::tryTake(const Directories& directories) {
  auto path = pathIn(directories);
  int opened;
  KJ_SYSCALL(opened = open(path.cStr(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), path);
  kj::AutoCloseFd fd(opened);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return nullptr;
    KJ_FAIL_SYSCALL("flock", errno, path);
  }
  writePid(fd);
  return Lock(kj::mv(fd));
}

kj::Maybe<Lock> Lock::take(const Directories& directories, kj::Duration patience) {
  uint64_t end = monotonicNs() + uint64_t(patience / kj::NANOSECONDS);
  for (;;) {
    auto lock = tryTake(directories);
    if (lock != nullptr || monotonicNs() > end) return lock;
    nanosleep(&BETWEEN_TRIES, nullptr);
  }
}

kj::Maybe<pid_t> Lock::holder(const Directories& directories) {
  auto path = pathIn(directories);
  KJ_IF_MAYBE (text, readText(path)) {
    pid_t pid = atoi(text->cStr());
    if (pid > 1 && hasOpen(pid, path)) return pid;
  }
  return nullptr;
}

}  // namespace portreeve::cli
