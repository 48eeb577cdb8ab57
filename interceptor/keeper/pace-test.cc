// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/pace.h"

#include <doctest/doctest.h>

namespace portreeve::keeper {
namespace {

const kj::TimePoint START = kj::origin<kj::TimePoint>() + 1000 * kj::SECONDS;

TEST_CASE("the first look may be at once, and so may the one after rules were put back") {
  Pace pace;
  CHECK(pace.notBefore() <= START);
  pace.looked(START, START + 30 * kj::MILLISECONDS, true);
  CHECK(pace.notBefore() <= START + 30 * kj::MILLISECONDS);
  CHECK_FALSE(pace.contested());
}

TEST_CASE("looks that find nothing leave most of the time to others") {
  Pace pace;
  pace.looked(START, START + 100 * kj::MILLISECONDS, false);
  CHECK(pace.notBefore() - START == 500 * kj::MILLISECONDS);
  Pace quick;
  quick.looked(START, START, false);
  CHECK(quick.notBefore() - START == 20 * kj::MILLISECONDS);
}

TEST_CASE(
    "a program that goes on taking rules away is answered ever slower, once a second at last") {
  Pace pace;
  auto now = START;
  auto before = 0 * kj::NANOSECONDS;
  for (int i = 0; i < 20; i++) {
    pace.looked(now, now, true);
    auto rest = pace.notBefore() - now;
    CHECK(rest >= before);
    CHECK(rest <= 1 * kj::SECONDS);
    before = rest;
    now = pace.notBefore();
  }
  CHECK(before == 1 * kj::SECONDS);
  CHECK(pace.contested());
}

TEST_CASE("ten quiet seconds end the contest") {
  Pace pace;
  for (int i = 0; i < 20; i++) pace.looked(START, START, true);
  CHECK(pace.contested());
  pace.looked(START + 5 * kj::SECONDS, START + 5 * kj::SECONDS, false);
  CHECK(pace.contested());
  pace.looked(START + 11 * kj::SECONDS, START + 11 * kj::SECONDS, false);
  CHECK_FALSE(pace.contested());
}

TEST_CASE("what failed is tried again a second later") {
  Pace pace;
  pace.failed(START);
  CHECK(pace.notBefore() - START == 1 * kj::SECONDS);
}

}  // namespace
}  // namespace portreeve::keeper
