// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/lists-update.h"

#include <doctest/doctest.h>

namespace portreeve {
namespace {

TEST_CASE("an update of the lists is told while it runs, and with its problems when it has ended") {
  ListsUpdate update;
  update.started = kj::str("2026-11-25T12:00:00.000Z");
  auto running = ListsUpdate::parse(update.toText());
  CHECK(running.started == "2026-11-25T12:00:00.000Z");
  CHECK(running.ended == "");
  update.ended = kj::str("2026-11-25T12:00:01.000Z");
  update.problems.add(kj::str("ads: not there\nended 2000-01-01T00:00:00Z"));
  auto ended = ListsUpdate::parse(update.toText());
  CHECK(ended.ended == "2026-11-25T12:00:01.000Z");
  REQUIRE(ended.problems.size() == 1);
  CHECK(ended.problems[0] == "ads: not there ended 2000-01-01T00:00:00Z");
}

TEST_CASE("what nobody of the suite wrote is no update, and costs little") {
  CHECK(ListsUpdate::parse("").started == "");
  CHECK(ListsUpdate::parse("\n\nstarted").started == "");
  kj::Vector<char> many;
  for (int i = 0; i < 1000; i++) many.addAll("problem x\n"_kj);
  CHECK(ListsUpdate::parse(kj::heapString(many.begin(), many.size())).problems.size() == 100);
}

}  // namespace
}  // namespace portreeve
