// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/modes.h"

#include "common/marks.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;

struct TestModes {
  // Rules in which only ssh is essential; who comes after an hour finds the clock set.
  TestStore store;
  DiskSync disk{store.loop.port};
  DurableFolder state{store.folder.path("state/policy"), disk};
  kj::Maybe<Modes> modes;
  kj::Promise<void> running = nullptr;

  TestModes() {
    store.folder.write(
        "etc/rules.d/10.toml",
        kj::str(ruleText("ssh", "allow", "essential = true\nport = 22"),
                ruleText("web", "allow", "port = 443"), ruleText("no mail", "block", "port = 25")));
    start();
  }

  void start() {
    running = nullptr;
    store.running = nullptr;
    modes = nullptr;
    store.open();
    modes.emplace(Modes::Parts{store.loop.timer, *store.store, state,
                               [this]() { return store.now; },
                               [this]() { return store.sinceBoot; }});
    it().restore();
    store.store->loadFirst();
    store.running =
        store.store->run().eagerlyEvaluate([](kj::Exception&& e) { KJ_FAIL_ASSERT(e); });
    running = it().run().eagerlyEvaluate([](kj::Exception&& e) { KJ_FAIL_ASSERT(e); });
    store.loop.turn();
  }
  Modes& it() { return KJ_ASSERT_NONNULL(modes); }

  void begin(rules::Mode mode, uint32_t seconds, uint32_t confirm = 0) {
    store.loop.finish(it().begin({mode, seconds, confirm}, "alice (uid 1000)"));
  }
  void pass(uint32_t seconds) {
    for (uint32_t i = 0; i < seconds; i++) store.pass(1 * kj::SECONDS);
    for (int i = 0; i < 50; i++) {
      usleep(1000);
      store.loop.port.poll();
      store.loop.turn();
    }
  }

  kj::String decides(uint16_t port, rules::Direction direction = rules::Direction::OUT) {
    auto facts = rules::curlToExample();
    facts.direction = direction;
    facts.remotePort = port;
    facts.localPort = direction == rules::Direction::IN ? port : uint16_t(40000);
    auto decision = store.store->inForce().decide(facts, store.now);
    return kj::str(decision.rule->name, ' ', actionText(decision.verdict));
  }
};

TEST_CASE("in lockdown nothing passes but what is marked essential") {
  TestModes test;
  CHECK(test.decides(443) == "web allow");
  test.begin(rules::Mode::LOCKDOWN, 3600);
  CHECK(test.decides(443) == "lockdown block");
  CHECK(test.decides(22) == "ssh allow");
  CHECK(test.store.applied == 1);
  auto facts = rules::curlToExample();
  facts.establishedBefore = true;
  CHECK(test.store.store->inForce().decide(facts, test.store.now).rule->name == "lockdown");
}

TEST_CASE("paused, everything passes, whatever the rules say") {
  TestModes test;
  CHECK(test.decides(25) == "no mail block");
  test.begin(rules::Mode::PAUSE, 300);
  CHECK(test.decides(25) == "pause allow");
  CHECK(test.decides(9999, rules::Direction::IN) == "pause allow");
  CHECK(!test.store.store->inForce().judgeName(rules::curlToExample().process, "x.test", 1).refuse);
}

TEST_CASE("learning decides what no rule does, and gives every name") {
  TestModes test;
  test.begin(rules::Mode::LEARN_BLOCK, 300);
  CHECK(test.decides(443) == "web allow");
  CHECK(test.decides(9999) == "learn block");
  // What is noted without its name would be a rule about an address.
  auto unnamed = rules::curlToExample();
  unnamed.remotePort = 9999;
  unnamed.known.domain = false;
  CHECK(test.store.store->inForce().hangsOnName(unnamed, test.store.now));
  CHECK(!test.store.store->inForce().judgeName(rules::curlToExample().process, "x.test", 1).refuse);
}

TEST_CASE("learning takes the place of a question, behind the answers that were given") {
  TestModes test;
  test.store.settings.defaultAction = DefaultAction::ASK;
  test.store.folder.write("etc/rules.d/20.toml",
                          ruleText("never", "block", "answer = true\nport = 9998"));
  test.start();
  CHECK(test.decides(9999) == "default ask");
  test.begin(rules::Mode::LEARN_ALLOW, 300);
  CHECK(test.decides(9999) == "learn, instead of asking allow");
  CHECK(test.decides(9998) == "never block");
}

TEST_CASE("a mode ends by itself, also when the clock was set back") {
  TestModes test;
  test.begin(rules::Mode::PAUSE, 5);
  test.store.now -= 3600 * SECOND;
  test.pass(4);
  CHECK(test.decides(25) == "pause allow");
  test.pass(2);
  CHECK(test.decides(25) == "no mail block");
  CHECK(!test.store.folder.has("state/policy/mode.toml"));
}

TEST_CASE("with no mode on nothing wakes for it; with one its end is looked for each second") {
  TestModes test;
  auto& timer = test.store.loop.timer;
  auto sleeps = [&]() { return KJ_ASSERT_NONNULL(timer.nextEvent()) - timer.now(); };
  CHECK(sleeps() > 2 * kj::SECONDS);
  test.begin(rules::Mode::PAUSE, 300);
  CHECK(sleeps() <= 1 * kj::SECONDS);
  test.store.loop.finish(test.it().end("alice"));
  test.pass(2);
  CHECK(sleeps() > 2 * kj::SECONDS);
}

TEST_CASE("what is not confirmed in time ends, and what is confirmed stays its time") {
  TestModes test;
  test.begin(rules::Mode::LOCKDOWN, 100, 3);
  test.pass(4);
  CHECK(test.decides(443) == "web allow");
  test.begin(rules::Mode::LOCKDOWN, 100, 3);
  CHECK(test.store.loop.finish(test.it().confirm()));
  CHECK(!test.store.loop.finish(test.it().confirm()));
  test.pass(10);
  CHECK(test.decides(443) == "lockdown block");
}

TEST_CASE("a mode goes on after a restart of policy, and ends when it would have") {
  TestModes test;
  test.begin(rules::Mode::LOCKDOWN, 10);
  test.start();
  CHECK(test.decides(443) == "lockdown block");
  test.pass(11);
  CHECK(test.decides(443) == "web allow");
}

TEST_CASE("it is ended by whoever may, and says who began it and until when") {
  TestModes test;
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<proto::view::RulesStatus>();
  test.it().fill(status);
  CHECK(status.getMode() == "");
  test.begin(rules::Mode::LEARN_BLOCK, 300, 60);
  test.it().fill(status);
  CHECK(status.getMode() == "learn");
  CHECK(status.getModeAction() == "block");
  CHECK(status.getModeBy() == "alice (uid 1000)");
  CHECK(status.getModeUntil() == rfc3339(test.store.now + 300 * SECOND));
  CHECK(status.getModeConfirmBy() == rfc3339(test.store.now + 60 * SECOND));
  auto ended = test.store.loop.finish(test.it().end("bob (uid 1001)"));
  CHECK(ended.mode == rules::Mode::LEARN_BLOCK);
  CHECK(test.decides(9999) == "default block");
  CHECK(test.store.loop.finish(test.it().end("bob (uid 1001)")).mode == rules::Mode::NONE);
}

TEST_CASE("a damaged file is no mode, and policy starts") {
  TestModes test;
  test.store.folder.write("state/policy/mode.toml", "mode = lockdown\n");
  test.start();
  CHECK(test.decides(443) == "web allow");
  CHECK(test.store.folder.has("state/policy/mode.toml.damaged"));
}

TEST_CASE("no mode lasts for ever") {
  TestModes test;
  CHECK(contains(failureOf([&]() { test.begin(rules::Mode::PAUSE, 0); }), "ends by itself"));
  CHECK(contains(failureOf([&]() { test.begin(rules::Mode::PAUSE, Modes::LONGEST_SECONDS + 1); }),
                 "30 days"));
}

}  // namespace
}  // namespace portreeve::policy
