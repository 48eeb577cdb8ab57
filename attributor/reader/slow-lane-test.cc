// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/slow-lane.h"

#include "attributor/reader/patience.h"
#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>
#include <sched.h>

namespace portreeve::reader {
namespace {

constexpr uint64_t LONG = 20'000 * MILLISECOND;

kj::AutoCloseFd openRoot() {
  int fd;
  KJ_SYSCALL(fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return kj::AutoCloseFd(fd);
}

TEST_CASE("the file at a path is found, one that is not there is not") {
  SlowLane lane(2);
  auto root = openRoot();
  struct stat file;
  REQUIRE(stat("/proc/version", &file) == 0);
  auto found = lane.findFile(root, "proc/version"_kj.asArray()).wait(LONG);
  CHECK(found.error == 0);
  CHECK(found.file.inode == file.st_ino);
  CHECK(found.file.device == file.st_dev);
  CHECK(lane.findFile(root, "nowhere/at/all"_kj.asArray()).wait(LONG).error == ENOENT);
}

TEST_CASE("more acts than threads are refused, and done when threads are free again") {
  SlowLane lane(1);
  auto root = openRoot();
  {
    auto first = lane.findFile(root, "proc/version"_kj.asArray());
    CHECK(lane.findFile(root, "proc/version"_kj.asArray()).wait(LONG).error == EBUSY);
    CHECK(first.wait(LONG).error == 0);
  }
  CHECK(lane.findFile(root, "proc/version"_kj.asArray()).wait(LONG).error == 0);
}

TEST_CASE("an act that is given up frees its thread when it ends") {
  SlowLane lane(1);
  auto proc = openProc();
  for (int i = 0; i < 100; i++) {
    {
      auto forgotten = lane.openProgram(ProcessEntry(proc, getpid()));
      if (i % 2 == 0) (void)forgotten.wait(0);
    }
    int error = EBUSY;
    while (error == EBUSY) {
      sched_yield();
      auto result = lane.openProgram(ProcessEntry(proc, getpid())).wait(LONG);
      error = result.error;
      if (error == 0) CHECK(inodeOf(result.descriptor) == result.file.inode);
    }
    CHECK(error == 0);
  }
}

}  // namespace
}  // namespace portreeve::reader
