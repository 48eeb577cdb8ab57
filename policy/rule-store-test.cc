// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/last-good-file.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

TEST_CASE("rules of both folders are in force, and the status counts them") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.folder.write("state/policy/rules.d/10.toml", ruleText("ours"));
  t.start();
  CHECK(t.has("theirs"));
  CHECK(t.has("ours"));
  CHECK(t.store->good());
  auto status = t.status();
  CHECK(status->view.getCount() == t.store->inForce().rules().size());
  CHECK(status->view.getFiles() == 2);
  CHECK(status->view.getDefault() == "block");
  CHECK(status->view.getError() == "");
  CHECK(status->view.getConfirmBy() == "");
  CHECK(status->view.getLoadedAt() == rfc3339(t.now));
}

TEST_CASE("at the start a bad file is refused with every problem and its place") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("x", "alow"));
  t.folder.write("etc/rules.d/20.toml", ruleText("y", "allow", "prot = 1"));
  t.open();
  auto words = failureOf([&]() { t.store->loadFirst(); });
  CHECK(contains(words, "/10.toml:3:10: "));
  CHECK(contains(words, "\n"));
  CHECK(contains(words, "/20.toml:4:1: "));
}

TEST_CASE("a policy that comes back while a file is bad has the rules that were in force last") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("good", "allow", "for = \"1h\""));
  t.start();
  auto endsAt = t.rule("good").expiresNs;
  t.folder.write("etc/rules.d/10.toml", "nonsense");
  t.notice();
  t.finishKeeping("good");
  t.start();
  CHECK(t.rule("good").expiresNs == endsAt);
  CHECK_FALSE(t.store->good());
  CHECK(contains(t.status()->view.getError(), "/10.toml:1:"));
  t.folder.write("etc/rules.d/10.toml", ruleText("better"));
  t.notice();
  CHECK(t.has("better"));
  CHECK_FALSE(t.has("good"));
  CHECK(t.store->good());
}

TEST_CASE("what was in force last is kept whatever it holds") {
  kj::Vector<rules::RuleSource> sources;
  sources.add(
      rules::source("name = \"x\\y\" # \t 'é'\n", rules::Layer::ADMINISTRATOR, "/a \"b\".toml"));
  sources.add(rules::source("", rules::Layer::SUITE, "/c.toml"));
  CHECK(same(parseLastGood("file", lastGoodText(sources)), sources));
  CHECK(parseLastGood("file", lastGoodText(nullptr)).empty());
  CHECK(
      contains(failureOf([&]() { parseLastGood("file", "[[source]]\nfile = 1\n"); }), "remove it"));
}

TEST_CASE("a changed file is noticed, and open flows are judged again once") {
  TestStore t;
  t.start();
  t.folder.write("etc/rules.d/10.toml", ruleText("new"));
  t.folder.write("etc/rules.d/20.toml", ruleText("newer"));
  t.notice();
  CHECK(t.has("new"));
  CHECK(t.has("newer"));
  CHECK(t.applied == 1);
}

TEST_CASE("a file that is written again with the same rules changes nothing") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("same"));
  t.start();
  t.folder.write("etc/rules.d/readme", "x");
  t.notice();
  t.loop.finish(t.store->reload());
  CHECK(t.applied == 0);
}

TEST_CASE("a bad file leaves the last good set in force, whole, and says where it is bad") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("good"));
  t.start();
  t.folder.write("etc/rules.d/10.toml", ruleText("better"));
  t.folder.write("etc/rules.d/20.toml", ruleText("bad", "alow"));
  t.notice();
  CHECK(t.has("good"));
  CHECK_FALSE(t.has("better"));
  CHECK(t.applied == 0);
  CHECK_FALSE(t.store->good());
  CHECK(contains(t.status()->view.getError(), "/20.toml:3:10: "));
  t.folder.remove("etc/rules.d/20.toml");
  t.notice();
  CHECK(t.has("better"));
  CHECK(t.store->good());
  CHECK(t.status()->view.getError() == "");
}

TEST_CASE("taking a bad change back puts nothing new in force but ends the complaint") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("good"));
  t.start();
  t.folder.write("etc/rules.d/20.toml", "nonsense");
  t.notice();
  CHECK_FALSE(t.store->good());
  t.folder.remove("etc/rules.d/20.toml");
  t.notice();
  CHECK(t.store->good());
  CHECK(t.applied == 0);
}

TEST_CASE("hits are kept over a change for rules that stay the same") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("web", "allow", "port = 443"));
  t.start();
  auto facts = rules::curlToExample();
  t.store->inForce().count(t.store->inForce().decide(facts, t.now), t.now);
  t.folder.write("etc/rules.d/20.toml", ruleText("other"));
  t.notice();
  CHECK(t.has("other"));
  CHECK(t.store->inForce().hits(KJ_ASSERT_NONNULL(t.store->inForce().find("web"))).hits == 1);
}

TEST_CASE("a folder that is missing at first is read when it comes") {
  TestStore t;
  t.folder.remove("etc/rules.d");
  t.start();
  t.folder.make("etc/rules.d");
  t.folder.write("etc/rules.d/10.toml", ruleText("late"));
  t.notice();
  CHECK(t.has("late"));
}

TEST_CASE("what no event tells of is found within a minute") {
  TestStore t;
  t.folder.remove("etc");
  t.start();
  t.folder.make("etc/rules.d");
  t.folder.write("etc/rules.d/10.toml", ruleText("unseen"));
  t.notice();
  CHECK_FALSE(t.has("unseen"));
  t.pass(61 * kj::SECONDS);
  CHECK(t.has("unseen"));
}

TEST_CASE("when a rule ends open flows are judged again at that moment") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("short", "allow", "for = \"30s\""));
  t.start();
  t.pass(25 * kj::SECONDS);
  CHECK(t.applied == 0);
  t.pass(6 * kj::SECONDS);
  CHECK(t.applied == 1);
  t.pass(300 * kj::SECONDS);
  CHECK(t.applied == 1);
}

TEST_CASE("a rule that comes later and ends earlier is waited for") {
  TestStore t;
  t.start();
  t.add(ruleText("short", "allow", "for = \"10s\""));
  CHECK(t.applied == 1);
  t.pass(13 * kj::SECONDS);
  CHECK(t.applied == 2);
}

TEST_CASE("a clock that is set forward ends rules with a date within a minute") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml",
                 ruleText("long", "allow",
                          kj::str("expires = ", rfc3339(t.now + 30ull * 86400 * 1'000'000'000))));
  t.start();
  t.now += 40ull * 86400 * 1'000'000'000;
  t.pass(61 * kj::SECONDS);
  CHECK(t.applied == 1);
}

TEST_CASE("changes that are asked for at once are made one after another") {
  TestStore t;
  t.start();
  auto one = t.store->add(ruleText("one"), 0 * kj::SECONDS);
  auto same = t.store->add(ruleText("one"), 0 * kj::SECONDS);
  auto gone = t.store->remove("one", 0 * kj::SECONDS);
  CHECK(t.loop.finish(kj::mv(one)).rule == "one");
  CHECK(contains(failureOf([&]() { t.loop.finish(kj::mv(same)); }), "already"));
  t.loop.finish(kj::mv(gone));
  CHECK_FALSE(t.has("one"));
}

TEST_CASE("an interceptor that hangs holds up no other change") {
  TestStore t;
  t.start();
  t.hangs = true;
  auto one = t.store->add(ruleText("one"), 0 * kj::SECONDS);
  auto two = t.store->add(ruleText("two"), 0 * kj::SECONDS);
  while (t.applied < 1) t.loop.turn();
  CHECK(t.has("one"));
  t.pass(6 * kj::SECONDS);
  CHECK(t.loop.finish(kj::mv(one)).affected == 0);
  while (t.applied < 2) t.loop.turn();
  CHECK(t.has("two"));
}

TEST_CASE("what was written by itself is not read a second time") {
  TestStore t;
  t.start();
  t.add(ruleText("By hand"));
  t.notice();
  CHECK(t.applied == 1);
}

}  // namespace
}  // namespace portreeve::policy
