// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that last a while, and a clock that is set meanwhile.
#include "policy/clock-watch.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t HOUR = 3600ull * 1'000'000'000;

struct Lasting : TestStore {
  Lasting() {
    folder.write("etc/rules.d/10.toml", ruleText("hour", "allow", "for = \"1h\""));
    start();
  }
  bool ended() { return rule("hour").expired(now); }
  void set(int64_t by) {
    now += uint64_t(by);
    pass(61 * kj::SECONDS);
  }
};

TEST_CASE("a rule for an hour lasts an hour when the clock is set forward") {
  Lasting t;
  t.set(int64_t(24 * HOUR));
  CHECK_FALSE(t.ended());
  t.pass(57 * kj::MINUTES);
  CHECK_FALSE(t.ended());
  t.pass(3 * kj::MINUTES);
  CHECK(t.ended());
}

TEST_CASE("and when it is set back") {
  Lasting t;
  t.set(-int64_t(24 * HOUR));
  CHECK_FALSE(t.ended());
  t.pass(60 * kj::MINUTES);
  CHECK(t.ended());
}

TEST_CASE("time that passes in suspend counts: the clock since boot went on as well") {
  Lasting t;
  t.now += 2 * HOUR;
  t.sinceBoot += 2 * HOUR;
  CHECK(t.ended());
  t.pass(61 * kj::SECONDS);
  CHECK(t.ended());
}

TEST_CASE("what was set is not forgotten when the rules are read again") {
  Lasting t;
  t.set(int64_t(24 * HOUR));
  t.folder.write("etc/rules.d/20.toml", ruleText("other"));
  t.notice();
  CHECK(t.has("other"));
  CHECK_FALSE(t.ended());
  t.pass(60 * kj::MINUTES);
  CHECK(t.ended());
}

TEST_CASE("nor when policy comes back, whether the clock was set before or meanwhile") {
  Lasting t;
  t.set(int64_t(24 * HOUR));
  while (!contains(t.folder.read("state/policy/rule-clock.toml"), "[[aged]]")) t.loop.turn();
  t.start();
  CHECK_FALSE(t.ended());
  t.running = nullptr;
  t.store = nullptr;
  t.now += 48 * HOUR;
  t.start();
  CHECK_FALSE(t.ended());
  t.pass(60 * kj::MINUTES);
  CHECK(t.ended());
}

TEST_CASE("a file that is written after the clock was set is counted from then") {
  Lasting t;
  t.set(-int64_t(24 * HOUR));
  t.add(ruleText("new", "allow", "for = \"1h\""));
  CHECK(t.rule("new").expiresNs > t.now);
}

TEST_CASE("a clock that nobody sets says nothing") {
  TestLoop loop;
  ClockWatch watch(loop.port);
  auto changed = watch.changed();
  loop.turn();
  CHECK_FALSE(changed.poll(loop.scope));
}

}  // namespace
}  // namespace portreeve::policy
