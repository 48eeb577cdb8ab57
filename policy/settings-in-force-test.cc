// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/settings-in-force.h"

#include "common/settings-catalogue.h"
#include "policy/settings-page.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

struct Set : TestStore {
  capnp::MallocMessageBuilder message;

  kj::StringPtr ruleForTheRest() {
    return rules::toText(store->inForce().decide(rules::curlToExample(), now).rule->action);
  }
  uint32_t set(kj::StringPtr name, kj::StringPtr value, kj::Duration confirm = 0 * kj::SECONDS) {
    auto changes = kj::heapArrayBuilder<SettingChange>(1);
    changes.add(SettingChange{kj::str(name), kj::str(value)});
    return loop.finish(store->changeSettings(changes.finish(), confirm, "uid 0, pid 1"));
  }
  proto::view::SettingView::Reader shown(kj::StringPtr section, kj::StringPtr key) {
    auto page = message.initRoot<proto::view::SettingsPage>();
    fillSettings(*store, page);
    for (auto one : page.asReader().getSettings())
      if (one.getSection() == section && one.getKey() == key) return one;
    FAIL("no such setting: ", section.cStr(), " ", key.cStr());
    KJ_UNREACHABLE;
  }
  kj::String kept() { return folder.read("state/policy/settings.toml"); }
};

TEST_CASE("a setting that is changed by command is in force at once, and after a restart") {
  Set test;
  test.settings.defaultAction = DefaultAction::ALLOW;
  test.start();
  CHECK(test.ruleForTheRest() == "allow");
  CHECK(test.shown("policy", "default").getOrigin() == "default");
  test.affects = 3;
  CHECK(test.set("policy.default", "block") == 3);
  CHECK(test.ruleForTheRest() == "block");
  auto shown = test.shown("policy", "default");
  CHECK(shown.getValue() == "\"block\"");
  CHECK(shown.getOrigin() == "change 2");
  CHECK(shown.getChangeable());
  CHECK(test.store->changes().all().back().who == "uid 0, pid 1");
  CHECK(test.store->changes().all().back().what == "settings were changed: policy.default = block");

  test.start();
  CHECK(test.ruleForTheRest() == "block");
  test.set("policy.default", "");
  CHECK(test.ruleForTheRest() == "allow");
  CHECK(test.kept() == "(missing)");
  auto changes = test.store->changes().all().size();
  test.set("policy.default", "");
  CHECK(test.store->changes().all().size() == changes);
}

TEST_CASE(
    "each kind of value is taken, and what is changed stands beside what was changed before") {
  Set test;
  test.start();
  test.set("policy.unanswered", "drop");
  test.set("policy.answer_seconds", "30");
  test.set("policy.builtin_off", "[\"loopback\"]");
  test.set("policy.keep_existing", "false");
  CHECK(test.store->settings().now().answerSeconds == 30);
  CHECK_FALSE(test.store->settings().now().keepExisting);
  CHECK(test.store->unanswered() == DefaultAction::DROP);
  CHECK_FALSE(test.has("loopback"));
  CHECK(test.shown("policy", "builtin_off").getValue() == "[\"loopback\"]");
}

TEST_CASE("what is not possible is refused in words, and nothing changes") {
  Set test;
  test.start();
  auto refused = [&](kj::StringPtr name, kj::StringPtr value) {
    return failureOf([&]() { test.set(name, value); });
  };
  CHECK(refused("policy.default", "perhaps") ==
        "policy.default must be \"allow\", \"block\" or \"drop\", not perhaps");
  CHECK(refused("policy.answer_seconds", "3") ==
        "policy.answer_seconds must be from 5 to 600, not 3");
  CHECK(contains(refused("policy.defalt", "allow"), "did you mean \"policy.default\"?"));
  CHECK(contains(refused("resolver.upstreams", "[]"), "in portreeve.toml by the administrator"));
  CHECK(contains(refused("gate.way.1.server", "x"), "in portreeve.toml by the administrator"));
  CHECK(contains(refused("policy.builtin_off", "[\"lopback\"]"), "did you mean \"loopback\"?"));
  CHECK(contains(refused("policy.default", "\"allow\"\nkeep_existing = false"), "policy.default"));
  CHECK(test.kept() == "(missing)");
  CHECK(test.store->changes().all().size() == 1);
}

TEST_CASE("a change of settings is undone, and taken back where nobody confirms it") {
  Set test;
  test.start();
  test.set("policy.answer_seconds", "30");
  test.set("policy.answer_seconds", "40");
  CHECK(test.loop.finish(test.store->undo(0, 0 * kj::SECONDS)).number == 3);
  CHECK(test.store->settings().now().answerSeconds == 30);
  test.set("policy.default", "allow", 60 * kj::SECONDS);
  CHECK(test.ruleForTheRest() == "allow");
  test.pass(61 * kj::SECONDS);
  test.finishChanges();
  CHECK(test.ruleForTheRest() == "block");
  CHECK(test.store->settings().now().answerSeconds == 30);
}

TEST_CASE(
    "portreeve.toml is read again when it was changed, and what was changed by command wins") {
  Set test;
  test.settings.defaultAction = DefaultAction::ALLOW;
  test.start();
  test.folder.write("etc/portreeve.toml", "[policy]\n\ndefault = \"drop\"\nanswer_seconds = 20\n");
  test.notice();
  CHECK(test.ruleForTheRest() == "drop");
  CHECK(test.shown("policy", "default").getOrigin() ==
        kj::str(test.folder.path("etc/portreeve.toml"), ":3"));
  CHECK(test.store->changes().all().back().what == "the settings were changed");
  test.set("policy.default", "block");
  test.folder.write("etc/portreeve.toml", "[policy]\ndefault = \"allow\"\nanswer_seconds = 25\n");
  test.notice();
  CHECK(test.ruleForTheRest() == "block");
  CHECK(test.store->settings().now().answerSeconds == 25);
}

TEST_CASE("a portreeve.toml that is bad changes nothing, and this is said until it is good") {
  Set test;
  test.start();
  test.folder.write("etc/portreeve.toml", "[policy]\ndefault = \"perhaps\"\n");
  test.notice();
  CHECK(test.ruleForTheRest() == "block");
  CHECK_FALSE(test.store->good());
  CHECK(contains(test.status()->view.getError(), "portreeve.toml:2:11: policy.default must be"));
  test.folder.write("etc/portreeve.toml", "[policy]\nbuiltin_off = [\"lopback\"]\n");
  test.notice();
  CHECK(contains(test.store->problem(), "did you mean \"loopback\"?"));
  test.folder.write("etc/portreeve.toml", "[policy]\ndefault = \"allow\"\n");
  test.notice();
  CHECK(test.store->good());
  CHECK(test.ruleForTheRest() == "allow");
}

TEST_CASE("a file of settings that policy has not written is set aside") {
  Set test;
  test.folder.write("state/policy/settings.toml", "[policy]\ndefault = \"perhaps\"\n");
  test.start();
  CHECK(test.ruleForTheRest() == "block");
  CHECK(test.kept() == "(missing)");
  CHECK(contains(test.folder.read("state/policy/settings.toml.damaged"), "perhaps"));
}

TEST_CASE("every setting is shown, with what it says in the file and when a change takes force") {
  Set test;
  test.start();
  test.folder.write("etc/portreeve.toml",
                    "[resolver]\ncache_mib = 64\n[list.ads]\nsources = [\"/x\"]\n"
                    "[[gate.way]]\nname = \"tor\"\npassword = \"hunter2\"\n");
  auto cache = test.shown("resolver", "cache_mib");
  CHECK(cache.getValue() == "64");
  CHECK(cache.getDefault() == "32");
  CHECK(cache.getOrigin() == kj::str(test.folder.path("etc/portreeve.toml"), ":2"));
  CHECK_FALSE(cache.getChangeable());
  CHECK(cache.getTakesForce() == "after a restart of portreeve-resolver");
  CHECK(cache.getMost() == 4096);
  CHECK(test.shown("interceptor", "queues").getOrigin() == "default");
  CHECK(test.shown("list.ads", "sources").getTakesForce() == "at the next update of the lists");
  CHECK(test.shown("gate.way.1", "name").getValue() == "\"tor\"");
  CHECK(test.shown("gate.way.1", "password").getValue() == "(not shown)");
  auto action = test.shown("policy", "default");
  REQUIRE(action.getChoices().size() == 3);
  CHECK(action.getChoices()[2] == "drop");
}

}  // namespace
}  // namespace portreeve::policy
