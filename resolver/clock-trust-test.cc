// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/fake-clock-trust.h"

#include "common/clock.h"

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
  clock.trust.forgave("a signature of www.example", ClockTrust::Fault::NOT_YET);
  CHECK(KJ_ASSERT_NONNULL(clock.trust.note()).endsWith("(1 so far)"));
  clock.uptime = 600 * SECOND;
  CHECK(!clock.trust.forgives());
  CHECK(clock.trust.note() == nullptr);
}

struct JustStarted : public FakeClockTrust {
  // In 2059, and the root's newest signature is of this year.
  static constexpr uint64_t AHEAD = 2'840'000'000 * SECOND, FROM = GOOD - 200 * HOUR,
                            UNTIL = GOOD + 200 * HOUR;
  explicit JustStarted(uint64_t lastGood = 0) : FakeClockTrust(lastGood) {
    wall = AHEAD;
    uptime = 60 * SECOND;
  }
};

TEST_CASE("right after the start the clock may be ahead, later no more") {
  JustStarted clock;
  CHECK(clock.trust.mayBeAhead());
  CHECK_MESSAGE(!clock.trust.isAhead(), "nothing says so yet");
  CHECK(clock.trust.earliest() == WRITTEN_NS);
  clock.uptime = 600 * SECOND;
  CHECK(!clock.trust.mayBeAhead());
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  CHECK(!clock.trust.isAhead());
}

TEST_CASE("a clock from before this was written is not ahead") {
  JustStarted clock;
  clock.wall = 5 * SECOND;
  CHECK(!clock.trust.mayBeAhead());
}

TEST_CASE("where the root's newest signature has ended the clock is ahead, and this is said") {
  JustStarted clock;
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  CHECK(clock.trust.isAhead());
  CHECK_MESSAGE(clock.trust.earliest() == clock.FROM,
                "older things have ended, whatever the clock");
  CHECK(KJ_ASSERT_NONNULL(clock.trust.note()) ==
        "the clock says 2059-12-30T08:53:20.000Z, and the newest that the root has signed ended "
        "2027-01-23T16:00:00.000Z: signatures and certificates that ended since "
        "2027-01-07T00:00:00.000Z are taken for now (0 so far)");
  clock.uptime = 600 * SECOND;
  CHECK(!clock.trust.isAhead());
  CHECK(clock.trust.note() == nullptr);
}

TEST_CASE("a clock that is ahead at every start is so again, though files are from later still") {
  JustStarted clock(JustStarted::AHEAD + HOUR);
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  CHECK(clock.trust.isAhead());
}

TEST_CASE("once the clock is set it is not ahead any more, long before ten minutes are over") {
  JustStarted clock;
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  clock.trust.forgave("a signature of www.example", ClockTrust::Fault::ENDED);
  CHECK(!clock.trust.takeEnd());
  clock.wall = FakeClockTrust::GOOD;
  CHECK(!clock.trust.mayBeAhead());
  CHECK(clock.trust.takeEnd());
  CHECK_MESSAGE(!clock.trust.takeEnd(), "once");
}

TEST_CASE("a clock by which something counts that the root signed is not ahead, whatever comes") {
  JustStarted clock;
  clock.trust.rootCounts();
  CHECK(!clock.trust.mayBeAhead());
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  CHECK(!clock.trust.mayBeAhead());
  CHECK(clock.trust.note() == nullptr);
}

TEST_CASE("no signature of the root's from before this was written tells of a clock") {
  JustStarted clock;
  clock.trust.rootEnded(WRITTEN_NS - 200 * HOUR, WRITTEN_NS - SECOND);
  CHECK(!clock.trust.isAhead());
  CHECK(clock.trust.earliest() == WRITTEN_NS);
}

TEST_CASE("of several the newest counts") {
  JustStarted clock;
  clock.trust.rootEnded(clock.FROM, clock.UNTIL);
  clock.trust.rootEnded(clock.FROM - 400 * HOUR, clock.UNTIL - 300 * HOUR);
  CHECK(clock.trust.earliest() == clock.FROM);
}

TEST_CASE("it is told how far the clock was set, and that it is slewed is no matter") {
  FakeClockTrust clock;
  clock.uptime += HOUR;
  clock.wall += HOUR + 30 * SECOND;
  CHECK(clock.trust.takeStep() == 0);
  clock.wall -= 1000 * HOUR + 30 * SECOND;
  CHECK(clock.trust.takeStep() == -int64_t(1000 * HOUR));
  CHECK_MESSAGE(clock.trust.takeStep() == 0, "once");
  clock.wall += 2 * HOUR;
  CHECK(clock.trust.takeStep() == int64_t(2 * HOUR));
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
