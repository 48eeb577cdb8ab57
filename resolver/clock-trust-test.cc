// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/fake-clock-trust.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::resolver {

constexpr uint64_t SECOND = FakeClockTrust::SECOND, HOUR = 3600 * SECOND;

TEST_CASE("dates count where the clock can be right") {
  FakeClockTrust clock;
  CHECK(!clock.trust.isBehind());
  CHECK(!clock.trust.forgives());
  CHECK(clock.trust.note() == nullptr);
}

TEST_CASE("a clock from before this was written is wrong until it is set") {
  FakeClockTrust clock;
  clock.wall = 5 * SECOND;
  clock.uptime += 1000 * HOUR;
  CHECK(clock.trust.forgives());
  auto note = KJ_ASSERT_NONNULL(clock.trust.note());
  CHECK(note.startsWith("the clock says 1970-01-01T00:00:05"));
  clock.wall = FakeClockTrust::GOOD;
  CHECK(!clock.trust.forgives());
  CHECK(clock.trust.note() == nullptr);
}

TEST_CASE("a clock from before the last good time is wrong for an hour at most") {
  FakeClockTrust clock(FakeClockTrust::GOOD + HOUR);
  CHECK(clock.trust.isBehind());
  clock.uptime += HOUR - SECOND;
  CHECK(clock.trust.isBehind());
  clock.uptime += SECOND;
  CHECK_MESSAGE(!clock.trust.isBehind(), "that file was from the future");
}

TEST_CASE("right after the start dates are forgiven, and only said once one was") {
  FakeClockTrust clock;
  clock.uptime = 60 * SECOND;
  CHECK(!clock.trust.isBehind());
  CHECK(clock.trust.forgives());
  CHECK(clock.trust.note() == nullptr);
  clock.trust.forgave("a signature of www.example");
  CHECK(KJ_ASSERT_NONNULL(clock.trust.note()).endsWith("(1 so far)"));
  clock.uptime = 600 * SECOND;
  CHECK(!clock.trust.forgives());
  CHECK(clock.trust.note() == nullptr);
}

TEST_CASE("the last good time is that of the newest of some files") {
  char folder[] = "/tmp/portreeve-clock-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  kj::StringPtr paths[] = {"/nonexistent", folder};
  timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 7}};
  REQUIRE(utimensat(AT_FDCWD, folder, times, 0) == 0);
  CHECK(lastWritten(paths) == 1'700'000'000 * SECOND + 7);
  CHECK(lastWritten(kj::arrayPtr(paths, 1)) == 0);
  rmdir(folder);
}

}  // namespace portreeve::resolver
