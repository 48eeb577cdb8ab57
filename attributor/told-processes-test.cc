// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/told-processes.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

constexpr uint64_t NOW = 5'000'000'000;

std::shared_ptr<ProcessFacts> process(uint64_t instance) {
  auto facts = std::make_shared<ProcessFacts>();
  facts->instance = instance;
  return facts;
}

TEST_CASE("a process is told in full once, then in brief") {
  ToldProcesses told;
  auto facts = process(1);
  CHECK(told.detailFor(facts, NOW) == Detail::FULL);
  CHECK(told.detailFor(facts, NOW) == Detail::BRIEF);
  CHECK(told.detailFor(process(1), NOW + 1) == Detail::BRIEF);
  CHECK(told.detailFor(process(2), NOW) == Detail::FULL);
  CHECK(told.detailFor(nullptr, NOW) == Detail::FULL);
}

TEST_CASE(
    "it is told again when more is known, when a second has passed, and when all may be lost") {
  ToldProcesses told;
  auto facts = process(1);
  auto examination = std::make_shared<Examination>();
  facts->examination = examination;
  told.detailFor(facts, NOW);
  SUBCASE("more is known") {
    examination->done = true;
    CHECK(told.detailFor(facts, NOW) == Detail::FULL);
    CHECK(told.detailFor(facts, NOW) == Detail::BRIEF);
  }
  SUBCASE("a second has passed") {
    CHECK(told.detailFor(facts, NOW + ToldProcesses::TELL_AGAIN_NS) == Detail::FULL);
  }
  SUBCASE("all may be lost") {
    told.forget();
    CHECK(told.detailFor(facts, NOW) == Detail::FULL);
  }
}

TEST_CASE("what was told longest ago is forgotten first, and no more is kept than policy keeps") {
  ToldProcesses told;
  for (uint64_t i = 1; i <= ToldProcesses::CAPACITY + 1; i++) told.detailFor(process(i), NOW);
  CHECK_FALSE(told.knows(*process(1)));
  CHECK(told.knows(*process(2)));
  CHECK(told.detailFor(process(1), NOW) == Detail::FULL);
}

}  // namespace
}  // namespace portreeve::attributor
