// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/ancestors.h"

#include "attributor/reader/test-child.h"

#include <doctest/doctest.h>
#include <kj/string.h>
#include <kj/vector.h>
#include <unistd.h>

namespace portreeve::reader {
namespace {

constexpr uint64_t NOW = 100 * Ancestors::REMEMBERED_NS;

StatFields own(int proc) {
  return KJ_ASSERT_NONNULL(ProcessEntry(proc, getpid()).stat());
}

kj::String text(const Ancestors& ancestors) {
  kj::Vector<kj::String> words;
  for (auto& one : ancestors.nearestFirst()) words.add(kj::str(one.pid, ' ', one.path().asChars()));
  return kj::strArray(words, "; ");
}

TEST_CASE("the nearest ancestor is the parent, and the line ends at the first process") {
  auto proc = openProc();
  Ancestors ancestors(proc);
  ancestors.readOf(own(proc), NOW);
  REQUIRE(ancestors.nearestFirst().size() > 0);
  CHECK(ancestors.nearestFirst().front().pid == getppid());
  if (ancestors.nearestFirst().size() < ANCESTORS_AT_MOST)
    CHECK(ancestors.nearestFirst().back().pid == 1);
}

TEST_CASE("what is remembered is what was read, and it is read again after a second") {
  auto proc = openProc();
  Ancestors ancestors(proc);
  ancestors.readOf(own(proc), NOW);
  auto first = text(ancestors);
  ancestors.readOf(own(proc), NOW + Ancestors::REMEMBERED_NS / 2);
  CHECK(text(ancestors) == first);
  ancestors.readOf(own(proc), NOW + 2 * Ancestors::REMEMBERED_NS);
  CHECK(text(ancestors) == first);
}

TEST_CASE("another parent has a line of its own") {
  auto proc = openProc();
  Ancestors ancestors(proc);
  ancestors.readOf(own(proc), NOW);
  auto ofUs = text(ancestors);
  auto parent = KJ_ASSERT_NONNULL(ProcessEntry(proc, getppid()).stat());
  ancestors.readOf(parent, NOW);
  auto ofParent = text(ancestors);
  CHECK(ofUs != ofParent);
  ancestors.readOf(own(proc), NOW);
  CHECK(text(ancestors) == ofUs);
}

TEST_CASE("a parent that is younger than its child is somebody else with its number") {
  auto proc = openProc();
  Ancestors ancestors(proc);
  auto child = own(proc);
  child.startTicks = 0;
  ancestors.readOf(child, NOW);
  CHECK(ancestors.nearestFirst().size() == 0);
}

TEST_CASE("a parent that has gone since it was read is none") {
  auto proc = openProc();
  Ancestors ancestors(proc);
  TestChild parent([]() {});
  auto child = own(proc);
  child.parent = parent.pid;
  child.startTicks = ~0ull;
  ancestors.readOf(child, NOW);
  REQUIRE(ancestors.nearestFirst().size() > 1);
  CHECK(ancestors.nearestFirst()[0].pid == parent.pid);
  CHECK(ancestors.nearestFirst()[1].pid == getpid());
  parent.end();
  ancestors.readOf(child, NOW);
  CHECK(ancestors.nearestFirst().size() == 0);
}

}  // namespace
}  // namespace portreeve::reader
