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
  kj::Vector<OpenConnections::Admitted> held;

  bool admit() {
    KJ_IF_MAYBE (admitted, open.admit()) {
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
