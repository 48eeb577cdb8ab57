// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/open-connections.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/vector.h>

namespace portreeve::gateway {
namespace {

struct Opened {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  OpenConnections open;
  kj::TimePoint now = kj::origin<kj::TimePoint>() + 1 * kj::HOURS;
  kj::Vector<OpenConnections::Admitted> held;

  bool admit() {
    KJ_IF_MAYBE (admitted, open.admit(now)) {
      held.add(kj::mv(*admitted));
      return true;
    }
    return false;
  }
  bool isPushedOut(size_t index) { return held[index].pushedOut.poll(scope); }
  void fill() {
    while (open.size() < OpenConnections::MOST) REQUIRE(admit());
  }
};

TEST_CASE("the oldest connection without a session makes room") {
  Opened opened;
  opened.fill();
  opened.held[0].entry->trust();
  CHECK_FALSE(opened.isPushedOut(1));
  CHECK(opened.admit());
  CHECK_FALSE(opened.isPushedOut(0));
  CHECK(opened.isPushedOut(1));
  CHECK_FALSE(opened.isPushedOut(2));
}

TEST_CASE("where all have shown a session, or too many are about to leave, nobody gets in") {
  Opened trusting;
  trusting.fill();
  for (auto& one : trusting.held) one.entry->trust();
  CHECK_FALSE(trusting.admit());
}

TEST_CASE(
    "while there is room nobody waits, and then until the oldest stranger has had its moment") {
  Opened opened;
  CHECK(opened.open.notBefore() <= opened.now);
  opened.admit();
  opened.held[0].entry->trust();
  opened.now += 1 * kj::SECONDS;
  auto second = opened.now;
  opened.admit();
  opened.now += 30 * kj::MILLISECONDS;
  CHECK(opened.open.notBefore() <= opened.now);
  opened.fill();
  CHECK(opened.open.notBefore() == second + OpenConnections::MOMENT);
  opened.held.clear();
  CHECK(opened.open.notBefore() <= opened.now);
}

TEST_CASE("a flood is bounded also while those that are pushed out have not gone") {
  Opened opened;
  opened.fill();
  for (size_t i = 0; i < OpenConnections::LEAVING; i++) CHECK(opened.admit());
  CHECK_FALSE(opened.admit());
  CHECK(opened.open.size() == OpenConnections::MOST + OpenConnections::LEAVING);
  opened.held.clear();
  CHECK(opened.open.size() == 0);
}

}  // namespace
}  // namespace portreeve::gateway
