// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-quota.h"
#include "policy/last-good-file.h"
#include "policy/test-store.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

namespace portreeve::policy {
namespace {

struct CountedStore : TestStore {
  // Counts what is done aside: reading the files, compiling them, freeing a set.
  unsigned jobs = 0;
  kj::Function<void()> afterJob = []() {};

  CountedStore() {
    folder.write("etc/rules.d/10.toml", ruleText("theirs"));
    start();
    store->workAside([this](kj::Function<void()> job) {
      jobs++;
      return atOnce(kj::mv(job)).then([this]() { afterJob(); });
    });
  }
};

// Loading -----------------------------------------------------------------------------------------

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

// Ends --------------------------------------------------------------------------------------------

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

// Adding and removing
// -------------------------------------------------------------------------------

TEST_CASE("an added rule is in force and stands in a file of its own") {
  TestStore t;
  t.start();
  t.affects = 3;
  auto added = t.add(ruleText("By hand"));
  CHECK(added.affected == 3);
  CHECK(added.rule == "By hand");
  CHECK(t.has("By hand"));
  CHECK(t.folder.read("state/policy/rules.d/0010-by-hand.toml") == ruleText("By hand"));
  t.add(ruleText("another"));
  CHECK(t.folder.has("state/policy/rules.d/0020-another.toml"));
  CHECK(t.ownFiles().size() == 2);
}

TEST_CASE("what was written by itself is not read a second time") {
  TestStore t;
  t.start();
  t.add(ruleText("By hand"));
  t.notice();
  CHECK(t.applied == 1);
}

TEST_CASE("a rule that is bad, nameless or there already is refused and changes nothing") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("taken"));
  t.start();
  auto refused = [&](kj::StringPtr toml) { return failureOf([&]() { t.add(toml); }); };
  CHECK(contains(refused(ruleText("x", "alow")), "rule:3:10: "));
  CHECK(contains(refused("# nothing\n"), "no [[rule]]"));
  CHECK(contains(refused(ruleText("taken")), "/10.toml:1"));
  CHECK(contains(refused(ruleText("loopback")), "already"));
  CHECK(contains(refused(kj::str(ruleText("a"), ruleText("a"))), "already"));
  CHECK(t.ownFiles().empty());
  CHECK(t.applied == 0);
}

TEST_CASE("nothing is added while another file is bad, and that is said with its place") {
  TestStore t;
  t.start();
  t.folder.write("etc/rules.d/10.toml", "nonsense");
  CHECK(contains(failureOf([&]() { t.add(ruleText("good")); }), "/10.toml:1:"));
  CHECK(t.ownFiles().empty());
}

TEST_CASE("a rule that cannot be written is refused and changes nothing") {
  TestStore t;
  t.start();
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{}, none{};
  getrlimit(RLIMIT_FSIZE, &before);
  none.rlim_max = before.rlim_max;
  setrlimit(RLIMIT_FSIZE, &none);
  auto words = failureOf([&]() { t.add(ruleText("x"), 60 * kj::SECONDS); });
  auto removed = failureOf([&]() { t.remove("x"); });
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(contains(words, "nothing was changed"));
  CHECK(t.ownFiles().empty());
  CHECK_FALSE(t.has("x"));
  CHECK(t.status()->view.getConfirmBy() == "");
}

TEST_CASE("a removed rule is gone with its file, others stay") {
  TestStore t;
  t.start();
  t.add(kj::str(ruleText("one"), ruleText("two")));
  t.affects = 1;
  CHECK(t.remove("one") == 1);
  CHECK_FALSE(t.has("one"));
  CHECK(t.has("two"));
  t.remove("two");
  CHECK_FALSE(t.has("two"));
  CHECK(t.ownFiles().empty());
}

TEST_CASE("removing one rule does not lengthen the life of its neighbour") {
  TestStore t;
  t.start();
  t.add(kj::str(ruleText("one"), ruleText("two", "allow", "for = \"60s\"")));
  uint64_t before = t.rule("two").expiresNs;
  t.pass(30 * kj::SECONDS);
  t.remove("one");
  CHECK(t.rule("two").expiresNs == before);
}

TEST_CASE("a rule of others is named with its place and left alone") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  auto refused = [&](kj::StringPtr name) { return failureOf([&]() { t.remove(name); }); };
  CHECK(contains(refused("theirs"), "/10.toml:1"));
  CHECK(contains(refused("loopback"), "builtin_off"));
  CHECK(contains(refused("default"), "policy.default"));
  CHECK(contains(refused("nobody's"), "no rule is named"));
  t.add(ruleText("by hand"));
  CHECK(contains(refused("by hnad"), "did you mean \"by hand\"?"));
  CHECK(t.has("theirs"));
}

TEST_CASE("a rule that has ended gives its name to a new one") {
  TestStore t;
  t.start();
  t.add(ruleText("for a while", "allow", "for = \"10s\""));
  CHECK(contains(failureOf([&]() { t.add(ruleText("for a while")); }), "already"));
  t.pass(20 * kj::SECONDS);
  t.add(ruleText("for a while", "block"));
  CHECK(t.ownFiles().size() == 1);
  CHECK(t.rule("for a while").action == rules::Action::BLOCK);
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

TEST_CASE("a rule that is added is compiled once: what was tried is what comes in force") {
  CountedStore t;
  t.add(ruleText("new", "allow", "for = \"1h\""));
  CHECK(t.has("new"));
  constexpr unsigned READ_TRY_READ_FREE = 4;
  CHECK(t.jobs == READ_TRY_READ_FREE);
  CHECK(t.rule("new").expiresNs == t.now + 3600ull * 1'000'000'000);
  t.now += 1'000'000'000;
  t.remove("new");
  CHECK_FALSE(t.has("new"));
  CHECK(t.jobs == 2 * READ_TRY_READ_FREE);
}

TEST_CASE("what was tried does not come in force where a file was changed meanwhile") {
  CountedStore t;
  t.afterJob = [&t]() {
    constexpr unsigned TRIED = 2;
    if (t.jobs == TRIED) t.folder.write("etc/rules.d/20.toml", ruleText("meanwhile"));
  };
  t.add(ruleText("new"));
  CHECK(t.has("new"));
  CHECK(t.has("meanwhile"));
}

TEST_CASE("what was tried and not written does not come in force with the next change") {
  CountedStore t;
  CHECK(contains(failureOf([&]() { t.add(ruleText("bad", "alow")); }), "alow"));
  t.add(ruleText("good"));
  CHECK(t.has("good"));
  CHECK_FALSE(t.has("bad"));
}

// Confirming --------------------------------------------------------------------------------------

TEST_CASE("an added rule that is not confirmed is taken back") {
  TestStore t;
  t.start();
  t.add(ruleText("for a moment"), 60 * kj::SECONDS);
  CHECK(t.has("for a moment"));
  CHECK(t.status()->view.getConfirmBy() == rfc3339(t.now + 60'000'000'000));
  t.pass(59 * kj::SECONDS);
  CHECK(t.has("for a moment"));
  t.pass(4 * kj::SECONDS);
  t.finishChanges();
  CHECK_FALSE(t.has("for a moment"));
  CHECK(t.ownFiles().empty());
  CHECK(t.applied == 2);
  CHECK(t.status()->view.getConfirmBy() == "");
}

TEST_CASE("a removed rule that is not confirmed comes back as it was") {
  TestStore t;
  t.start();
  t.add(ruleText("kept", "allow", "for = \"1h\""));
  auto text = t.folder.read("state/policy/rules.d/0010-kept.toml");
  auto endsAt = t.rule("kept").expiresNs;
  t.remove("kept", 10 * kj::SECONDS);
  CHECK_FALSE(t.has("kept"));
  t.pass(13 * kj::SECONDS);
  t.finishChanges();
  CHECK(t.has("kept"));
  CHECK(t.folder.read("state/policy/rules.d/0010-kept.toml") == text);
  CHECK(t.rule("kept").expiresNs == endsAt);
}

TEST_CASE("a confirmed change stays") {
  TestStore t;
  t.start();
  CHECK_FALSE(t.loop.finish(t.store->confirm()));
  t.add(ruleText("for good"), 10 * kj::SECONDS);
  CHECK(t.loop.finish(t.store->confirm()));
  CHECK_FALSE(t.loop.finish(t.store->confirm()));
  CHECK(t.status()->view.getConfirmBy() == "");
  t.pass(60 * kj::SECONDS);
  CHECK(t.has("for good"));
}

TEST_CASE("a pending confirmation outlives policy, and ends in time") {
  TestStore t;
  t.start();
  t.add(ruleText("for a moment"), 60 * kj::SECONDS);
  t.pass(30 * kj::SECONDS);
  t.start();
  CHECK(t.has("for a moment"));
  CHECK(t.status()->view.getConfirmBy() != "");
  t.pass(35 * kj::SECONDS);
  t.finishChanges();
  CHECK_FALSE(t.has("for a moment"));
}

TEST_CASE("what became overdue while policy was away is taken back before anything is served") {
  TestStore t;
  t.start();
  t.add(ruleText("kept"));
  t.remove("kept", 60 * kj::SECONDS);
  t.add(ruleText("for a moment"), 60 * kj::SECONDS);
  t.running = nullptr;
  t.store = nullptr;
  t.now += 61'000'000'000;
  t.open();
  t.store->loadFirst();
  CHECK(t.has("kept"));
  CHECK_FALSE(t.has("for a moment"));
  CHECK_FALSE(t.folder.has("state/policy/pending-confirmation.toml"));
}

TEST_CASE("an unconfirmed rule does not come back with what was in force last") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  t.add(ruleText("locks out", "drop"), 10 * kj::SECONDS);
  t.folder.write("etc/rules.d/10.toml", "nonsense");
  t.finishKeeping("locks out");
  t.running = nullptr;
  t.store = nullptr;
  t.now += 11'000'000'000;
  t.start();
  CHECK(t.has("theirs"));
  CHECK_FALSE(t.has("locks out"));
}

TEST_CASE("an unconfirmed rule does not stay in force because another file is bad") {
  TestStore t;
  t.folder.write("etc/rules.d/10.toml", ruleText("theirs"));
  t.start();
  t.add(ruleText("locks out", "drop"), 10 * kj::SECONDS);
  t.folder.write("etc/rules.d/10.toml", "nonsense");
  t.notice();
  CHECK(t.has("locks out"));
  t.pass(13 * kj::SECONDS);
  t.finishChanges();
  CHECK_FALSE(t.has("locks out"));
  CHECK(t.has("theirs"));
  CHECK_FALSE(t.store->good());
}

TEST_CASE(
    "a confirmation file that nobody can read is said and does not keep policy from serving") {
  TestStore t;
  t.folder.write("state/policy/pending-confirmation.toml", "nonsense");
  t.start();
  CHECK(t.status()->view.getConfirmBy() == "");
}

// Users' own --------------------------------------------------------------------------------------

struct TwoUsers : TestStore {
  static constexpr uint32_t ALICE = 1000, BOB = 1001;

  kj::String addOwn(uint32_t uid, kj::StringPtr toml) {
    auto added = loop.finish(store->add(toml, 0 * kj::SECONDS, "a user", KeptBy{uid}));
    return kj::mv(added.rule);
  }
  kj::String refusal(uint32_t uid, kj::StringPtr toml) {
    return failureOf([&]() { addOwn(uid, toml); });
  }
  kj::StringPtr decidedFor(uint32_t uid) {
    auto facts = rules::curlToExample();
    facts.process.uid = uid;
    return store->inForce().decide(facts, now).rule->name;
  }
};

TEST_CASE("a user's rules are kept apart, in files that bear his number") {
  TwoUsers t;
  t.folder.write("etc/rules.d/10.toml", ruleText("all", "allow"));
  t.start();
  t.addOwn(t.ALICE, ruleText("quiet", "drop", "port = 443"));
  t.addOwn(t.BOB, ruleText("quiet", "block", "port = 22"));
  CHECK(t.folder.has("state/policy/users.d/1000-0010-quiet.toml"));
  CHECK(t.folder.has("state/policy/users.d/1001-0010-quiet.toml"));
  CHECK(t.decidedFor(t.ALICE) == "quiet");
  CHECK(t.decidedFor(t.BOB) == "all");
  t.start();
  CHECK(t.decidedFor(t.ALICE) == "quiet");
  t.loop.finish(t.store->remove("quiet", 0 * kj::SECONDS, "alice", KeptBy{t.ALICE}));
  CHECK(t.decidedFor(t.ALICE) == "all");
  CHECK(t.folder.has("state/policy/users.d/1001-0010-quiet.toml"));
  CHECK(contains(failureOf([&]() { t.remove("quiet"); }), "no rule is named"));
}

TEST_CASE("a user may keep so many rules, and change them so often an hour") {
  TwoUsers t;
  t.start();
  kj::Vector<kj::String> many;
  for (int i = 0; i < 201; i++) many.add(ruleText(kj::str("r", i), "block"));
  CHECK(contains(t.refusal(t.ALICE, kj::strArray(many, "")), "at most 200"));
  for (size_t i = 0; i + 1 < ChangeQuota::MOST_AN_HOUR; i++)
    t.addOwn(t.ALICE, ruleText(kj::str("n", i), "block"));
  CHECK(contains(t.refusal(t.ALICE, ruleText("one more", "block")), "within an hour"));
  t.addOwn(t.BOB, ruleText("mine", "block"));
  t.sinceBoot += ChangeQuota::HOUR_NS;
  t.addOwn(t.ALICE, ruleText("one more", "block"));
}

TEST_CASE("a user is told what is wrong with his rule, and nothing of others' files") {
  TwoUsers t;
  t.start();
  CHECK(contains(t.refusal(t.ALICE, ruleText("x", "block", "port = \"@web\"")), "web"));
  t.folder.write("etc/rules.d/10.toml", ruleText("secret name", "alow"));
  auto said = t.refusal(t.ALICE, ruleText("x", "block"));
  CHECK(contains(said, "administrator's is not good"));
  CHECK_FALSE(contains(said, "secret"));
  CHECK(contains(failureOf([&]() {
                   t.loop.finish(t.store->add(ruleText("x", "block"), 9 * kj::SECONDS, "alice",
                                              KeptBy{t.ALICE}));
                 }),
                 "nothing of them is to be confirmed"));
}

TEST_CASE("undo without a number leaves what users did for themselves alone") {
  TwoUsers t;
  t.start();
  t.add(ruleText("ours"));
  t.addOwn(t.ALICE, ruleText("hers", "block"));
  auto undone = t.loop.finish(t.store->undo(0, 0 * kj::SECONDS));
  CHECK(contains(undone.what, "\"ours\""));
  CHECK(t.decidedFor(t.ALICE) == "default");
  uint32_t hers = 0;
  for (auto& change : t.store->changes().all())
    if (contains(change.what, "\"hers\" was added")) hers = change.number;
  t.loop.finish(t.store->undo(hers, 0 * kj::SECONDS));
  CHECK_FALSE(t.folder.has("state/policy/users.d/1000-0010-hers.toml"));
}

}  // namespace
}  // namespace portreeve::policy
