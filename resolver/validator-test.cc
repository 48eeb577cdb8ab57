// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/validator.h"

#include "common/clock.h"
#include "resolver/fake-clock-trust.h"
#include "resolver/signed-root-fake.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr int64_t DAY = 86400;

struct Judging {
  // libunbound judges by the machine's real clock; the signatures are made to suit.
  kj::AsyncIoContext io = kj::setupAsyncIo();
  UbEventBase base{io.unixEventPort, io.provider->getTimer()};
  SignedRootFake root;
  FakeClockTrust clock;
  kj::Maybe<kj::Own<Validator>> validator;
  kj::Promise<void> running = nullptr;

  Judging(int64_t firstDay, uint64_t uptime) {
    root.dates = month(firstDay);
    clock.wall = wallNs();
    clock.uptime = uptime * FakeClockTrust::SECOND;
    auto made = kj::heap<Validator>(
        io, base, Validator::Wanted{Dnssec::ON, root.anchor(), Validator::ANY_PORT}, clock.trust);
    made->judge(root);
    running = base.run().exclusiveJoin(made->serve()).eagerlyEvaluate(nullptr);
    validator = kj::mv(made);
  }

  static SignedRootFake::Dates days(int64_t first, int64_t last) {
    auto now = int64_t(wallNs() / FakeClockTrust::SECOND);
    return {uint64_t(now + first * DAY), uint64_t(now + last * DAY)};
  }
  static SignedRootFake::Dates month(int64_t first) { return days(first, first + 29); }

  Resolved ask() {
    Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse("www.signed")), TYPE_A}};
    return KJ_ASSERT_NONNULL(validator)->resolve(lookup).wait(io.waitScope);
  }
};

// Days from now to the beginning of the signatures. libunbound bears with a day more or less.
constexpr int64_t LONG_AGO = -1000, LAST_MONTH = -35, LAST_WEEK = -10, NEXT_WEEK = 5;
constexpr uint64_t JUST_STARTED = 60, LONG_UP = 86400;  // seconds

}  // namespace

TEST_CASE("an answer signed last week is validated") {
  Judging judging(LAST_WEEK, LONG_UP);
  auto found = judging.ask();
  CHECK(found.answer.rcode == RCODE_NOERROR);
  CHECK(found.answer.authentic);
}

TEST_CASE("an answer signed from next week on is forged, by a clock that is right") {
  Judging judging(NEXT_WEEK, LONG_UP);
  auto found = judging.ask();
  CHECK(found.answer.rcode == RCODE_SERVFAIL);
  CHECK(KJ_ASSERT_NONNULL(found.error).code == ExtendedError::DNSSEC_BOGUS);
}

TEST_CASE("right after the machine's start it is given, not called validated, and counted") {
  Judging judging(NEXT_WEEK, JUST_STARTED);
  auto found = judging.ask();
  REQUIRE(found.answer.rcode == RCODE_NOERROR);
  CHECK(KJ_ASSERT_NONNULL(addressIn(found.answer.answer[0])).toString() == "192.0.2.1");
  CHECK(!found.answer.authentic);
  CHECK(judging.clock.trust.forgiven() == 1);
}

TEST_CASE("a wrong signature is refused then as well") {
  Judging judging(NEXT_WEEK, JUST_STARTED);
  judging.root.forged = true;
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
  CHECK(judging.clock.trust.forgiven() == 0);
}

TEST_CASE("once the clock can be trusted its dates count again") {
  Judging judging(NEXT_WEEK, JUST_STARTED);
  judging.clock.uptime = LONG_UP * FakeClockTrust::SECOND;
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
}

TEST_CASE(
    "right after the start what all of the root signed until last week is given, uncertified") {
  Judging judging(LAST_MONTH, JUST_STARTED);
  auto found = judging.ask();
  REQUIRE(found.answer.rcode == RCODE_NOERROR);
  CHECK(!found.answer.authentic);
  CHECK(judging.clock.trust.isAhead());
  CHECK(judging.clock.trust.forgiven() == 1);
}

TEST_CASE("it is refused later") {
  Judging judging(LAST_MONTH, JUST_STARTED);
  judging.clock.uptime = LONG_UP * FakeClockTrust::SECOND;
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
}

TEST_CASE("it is refused where the root is signed for now: somebody replays the past") {
  Judging judging(LAST_MONTH, JUST_STARTED);
  judging.root.ownDates = Judging::month(LAST_WEEK);
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
  CHECK(!judging.clock.trust.mayBeAhead());
  CHECK(judging.clock.trust.forgiven() == 0);
}

TEST_CASE("it is refused where it ended before the root's newest signature was made") {
  Judging judging(LAST_MONTH, JUST_STARTED);
  judging.root.dates = Judging::days(-40, -9);
  judging.root.ownDates = Judging::days(-7, -3);
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
  CHECK(judging.clock.trust.isAhead());
  CHECK(judging.clock.trust.forgiven() == 0);
}

TEST_CASE("it is refused after something counted by the clock as it is") {
  Judging judging(LAST_WEEK, JUST_STARTED);
  CHECK(judging.ask().answer.authentic);
  judging.root.dates = Judging::month(LAST_MONTH);
  judging.root.ownDates = Judging::month(LAST_MONTH);
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
}

TEST_CASE("a wrong signature is refused, whatever its dates") {
  Judging judging(LAST_MONTH, JUST_STARTED);
  judging.root.forged = true;
  CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
}

TEST_CASE("what ended before this version was written is refused, whatever the clock") {
  for (auto wall : {wallNs(), uint64_t(5) * FakeClockTrust::SECOND}) {
    Judging judging(LONG_AGO, JUST_STARTED);
    judging.clock.wall = wall;
    CHECK(judging.ask().answer.rcode == RCODE_SERVFAIL);
    CHECK(judging.clock.trust.forgiven() == 0);
  }
}

}  // namespace portreeve::resolver
