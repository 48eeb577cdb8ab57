// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/children.h"

#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>

namespace portreeve::reader {
namespace {

TEST_CASE("the children of a process are told in the order of their birth") {
  auto proc = openProc();
  TestChild first([]() {}), second([]() {});
  kj::Vector<int> children;
  childrenOf(proc, getpid(), children);
  REQUIRE(children.size() >= 2);
  CHECK(children[children.size() - 2] == first.pid);
  CHECK(children.back() == second.pid);
  childrenOf(proc, second.pid, children);
  CHECK(children.empty());
  second.end();
  childrenOf(proc, getpid(), children);
  CHECK(children.back() == first.pid);
}

TEST_CASE("nobody has no children") {
  auto proc = openProc();
  kj::Vector<int> children;
  children.add(1);
  childrenOf(proc, 1 << 30, children);
  CHECK(children.empty());
}

}  // namespace
}  // namespace portreeve::reader
