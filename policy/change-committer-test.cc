// SPDX-License-Identifier: GPL-3.0-or-later
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

}  // namespace
}  // namespace portreeve::policy
