// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/generations.h"

#include <doctest/doctest.h>

namespace portreeve::attributor {
namespace {

TEST_CASE("the last entries are kept, the memory stays bounded") {
  Generations<int, int> memory(10);
  for (int i = 0; i < 1000; i++) {
    memory.put(i, i * 2);
    CHECK(memory.size() <= 20);
  }
  for (int i = 990; i < 1000; i++) {
    REQUIRE(memory.find(i) != nullptr);
    CHECK(*memory.find(i) == i * 2);
  }
  CHECK(memory.find(5) == nullptr);
}

TEST_CASE("what is used is not forgotten") {
  Generations<int, int> memory(10);
  memory.put(7, 70);
  for (int i = 100; i < 1000; i++) {
    memory.put(i, 0);
    CHECK(memory.find(7) != nullptr);
  }
}

TEST_CASE("an entry is replaced as a whole") {
  Generations<int, int> memory(2);
  memory.put(1, 10);
  memory.put(2, 20);
  memory.put(3, 30);  // 1 and 2 are old now
  memory.put(1, 11);
  CHECK(*memory.find(1) == 11);
  CHECK(memory.size() == 3);
}

}  // namespace
}  // namespace portreeve::attributor
