// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-log.h"

#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

kj::ArrayPtr<const Change> changesOf(TestStore& t) {
  return t.store->changes().all();
}

const Change& last(TestStore& t) {
  return changesOf(t).back();
}

void kept(TestStore& t) {
  // Until the disk has it, as a new life of policy reads it.
  auto number = kj::str("hash = \"", last(t).hash);
  while (!contains(t.folder.read("state/policy/changes.toml"), number)) t.loop.turn();
}

TEST_CASE("each change of the suite's own rules is noted: who, what, before and after") {
  TestStore t;
  t.start();
  t.loop.finish(t.store->add(ruleText("x"), 0 * kj::SECONDS, "uid 1000, pid 7"));
  auto& added = last(t);
  CHECK(added.who == "uid 1000, pid 7");
  CHECK(added.what == "rule \"x\" was added");
  CHECK(added.time == rfc3339(t.now));
  REQUIRE(added.files.size() == 1);
  CHECK(added.files[0].file == "0010-x.toml");
  CHECK(added.files[0].before == nullptr);
  CHECK(contains(diffOf(added.files[0]), "+action = \"allow\"\n"));
  t.remove("x");
  CHECK(last(t).what == "rule \"x\" was removed");
  CHECK(last(t).files[0].after == nullptr);
  CHECK(contains(diffOf(last(t).files[0]), "-action = \"allow\"\n"));
}

TEST_CASE("files that a person changed are noted, also while no policy ran, and settings") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  CHECK(changesOf(t)[0].what == "files of rules were changed while no policy ran");
  CHECK(changesOf(t)[1].what == "the settings as they were first");
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs", "block"));
  t.notice();
  CHECK(last(t).what == "files of rules were changed");
  auto diff = diffOf(last(t).files[0]);
  CHECK(contains(diff, "-action = \"allow\"\n+action = \"block\"\n"));
  CHECK_FALSE(contains(diff, "name"));
  kept(t);
  t.finishKeeping("block");
  auto count = changesOf(t).size();
  t.start();
  CHECK(changesOf(t).size() == count);
  t.settings.defaultAction = DefaultAction::ALLOW;
  t.start();
  CHECK(last(t).what == "the settings were changed");
}

TEST_CASE("a change is undone, and the one before it then") {
  TestStore t;
  t.start();
  t.add(ruleText("a"));
  t.add(ruleText("b"));
  CHECK(t.loop.finish(t.store->undo(0, 0 * kj::SECONDS)).what == "rule \"b\" was added");
  CHECK_FALSE(t.has("b"));
  CHECK(t.has("a"));
  t.loop.finish(t.store->undo(0, 0 * kj::SECONDS));
  CHECK_FALSE(t.has("a"));
  CHECK(contains(failureOf([&]() { t.loop.finish(t.store->undo(0, 0 * kj::SECONDS)); }),
                 "there is no change"));
}

TEST_CASE("a removal is undone with the time from which the rule's end counts") {
  TestStore t;
  t.start();
  t.add(ruleText("x", "allow", "for = \"1h\""));
  auto ends = t.rule("x").expiresNs;
  t.remove("x");
  t.loop.finish(t.store->undo(0, 0 * kj::SECONDS));
  CHECK(t.rule("x").expiresNs == ends);
}

TEST_CASE("what cannot be undone is said, and nothing is changed") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  auto undo = [&](uint32_t number) {
    return failureOf([&]() { t.loop.finish(t.store->undo(number, 0 * kj::SECONDS)); });
  };
  CHECK(contains(undo(99), "there is no change 99"));
  CHECK(contains(undo(1), "which only people write"));
  t.add(ruleText("x"));
  auto number = last(t).number;
  t.folder.write("state/policy/rules.d/0010-x.toml", ruleText("y"));
  t.notice();
  CHECK(contains(undo(number), "was changed since"));
  CHECK(t.has("y"));
}

TEST_CASE("an undone change can be taken back by not confirming it") {
  TestStore t;
  t.start();
  t.add(ruleText("x"));
  t.loop.finish(t.store->undo(0, 10 * kj::SECONDS));
  CHECK_FALSE(t.has("x"));
  t.pass(13 * kj::SECONDS);
  t.finishChanges();
  CHECK(t.has("x"));
  CHECK(last(t).what == "what was not confirmed in time was taken back");
}

TEST_CASE("the chain is whole after a restart, and a word that was altered is noticed") {
  TestStore t;
  t.start();
  t.add(ruleText("a"));
  t.add(ruleText("b"));
  kept(t);
  t.finishKeeping("0020-b.toml");
  t.start();
  CHECK(t.store->changes().brokenAt() == 0);
  CHECK(last(t).what == "rule \"b\" was added");
  auto text = t.folder.read("state/policy/changes.toml");
  std::string altered(text.cStr());
  altered.replace(altered.find("was added"), 9, "was taken");
  t.folder.write("state/policy/changes.toml", altered.c_str());
  t.start();
  CHECK(t.store->changes().brokenAt() == last(t).number - 1);
}

TEST_CASE("an entry that a power cut left half is taken off, the others stay") {
  TestStore t;
  t.start();
  t.add(ruleText("a"));
  kept(t);
  t.finishKeeping("0010-a.toml");
  auto text = t.folder.read("state/policy/changes.toml");
  auto count = changesOf(t).size();
  t.folder.write("state/policy/changes.toml", kj::str(text, "[[change]]\nnumber = 9\nti"));
  t.start();
  CHECK(changesOf(t).size() == count);
  CHECK(t.store->changes().brokenAt() == 0);
  CHECK(t.folder.read("state/policy/changes.toml") == text);
}

}  // namespace
}  // namespace portreeve::policy
