// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/replay.h"

#include "history/rule-texts.h"
#include "history/test-history.h"

#include <doctest/doctest.h>

#include <string>

namespace portreeve::history {
namespace {

struct Past : TestHistory {
  Settings::Policy settings;
  Accounts accounts = Accounts::read();

  Past() {
    settings.defaultAction = DefaultAction::ALLOW;
    write({{.flow = 1},
           {.flow = 2, .startedNs = NOW + NS_A_SECOND, .domain = "ads.test"},
           {.flow = 3,
            .startedNs = NOW + 2 * NS_A_SECOND,
            .program = "/usr/bin/wget",
            .domain = "ads.test"},
           {.flow = 4, .startedNs = NOW + 3 * NS_A_SECOND, .action = "block", .rule = "no"}});
  }

  kj::Maybe<uint32_t> ofUser;  // the rules are this user's own
  kj::StringPtr profile;       // taken to have been in force

  kj::Own<rules::RuleSet> compiled(kj::StringPtr toml) {
    capnp::MallocMessageBuilder message;
    auto texts = message.initRoot<proto::History::ReplayParams>().initRules(1);
    texts[0].setFile("new.toml");
    texts[0].setText(toml);
    KJ_IF_MAYBE (uid, ofUser) texts[0].setUser(*uid);
    auto set = compile(texts.asReader(), {settings, settings.profiles}, users, "/nonexistent");
    auto params = message.initRoot<proto::History::ReplayParams>();
    if (profile.size() > 0) params.initHere(1).set(0, profile);
    suppose(*set, settings.profiles, profile, params.getHere());
    return set;
  }

  std::string changes(kj::StringPtr toml, Span span = {}) {
    auto from = database();
    auto answer = replay(from, *compiled(toml), span, accounts);
    auto outcome = answer->getRoot<proto::view::ReplayOutcome>();
    std::string words =
        kj::str(uint64_t(outcome.getChanged()), " of ", uint64_t(outcome.getConnections()), '\n')
            .cStr();
    for (auto change : outcome.getChanges())
      words += kj::str(change.getProgram(), ": ", change.getBefore(), " -> ", change.getAfter(),
                       " x", uint64_t(change.getConnections()), " by ", change.getRule(), " at ",
                       change.getOrigin(), " like ", kj::strArray(change.getExamples(), ", "), '\n')
                   .cStr();
    return words;
  }
};

constexpr auto NO_ADS = R"([[rule]]
name = "no ads"
action = "block"
domain = "ads.test"
)"_kj;

TEST_CASE("what would be judged otherwise is told by program, with the rule and an example") {
  Past p;
  auto words = p.changes(NO_ADS);
  CHECK(words.find("3 of 4\n") == 0);
  CHECK(words.find("/usr/bin/curl: allow -> block x1 by no ads at new.toml:1 like tcp to ads.test "
                   "port 443\n") != words.npos);
  CHECK(words.find("/usr/bin/wget: allow -> block x1 by no ads") != words.npos);
  CHECK(words.find("/usr/bin/curl: block -> allow x1 by ") != words.npos);
}

TEST_CASE("a profile is taken to have been in force, with its rules and its default") {
  Past p;
  p.settings.profiles.add(Profile{kj::str("home"), DefaultAction::DROP, nullptr, {}});
  auto ofHome = kj::str("profile = \"home\"\n", NO_ADS);
  CHECK(p.changes(ofHome).find("no ads") == std::string::npos);
  p.profile = "home";
  auto words = p.changes(ofHome);
  CHECK(words.find("allow -> block x1 by no ads") != words.npos);
  CHECK(words.find("/usr/bin/curl: allow -> drop x1 by ") != words.npos);
  CHECK(p.changes("[[rule]]\nname = \"n\"\naction = \"block\"\nnetwork = \"home\"\n")
            .find("-> block") != std::string::npos);
  p.profile = "work";
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { p.changes(""); }))
    CHECK(e->getDescription() == "there is no profile \"work\": portreeve.toml has home");
  else
    FAIL("it was taken");
}

TEST_CASE("only the time that was asked for is replayed") {
  Past p;
  auto words = p.changes(NO_ADS, {int64_t(NOW / 1'000'000) + 1500, 0});
  CHECK(words.find("2 of 2\n") == 0);
}

TEST_CASE("process, parent, user and address count as they did then") {
  Past p;
  auto blocked = [&](kj::StringPtr operand) {
    auto words = p.changes(kj::str("[[rule]]\nname = \"x\"\naction = \"drop\"\n", operand, '\n'));
    return words.find("-> drop") != words.npos;
  };
  CHECK(blocked("process = { path = \"/usr/bin/curl\" }"));
  CHECK(blocked("process = { unit = \"session-1.scope\" }"));
  CHECK(blocked("process = { parent = \"/usr/bin/bash of mine\" }"));
  CHECK(blocked("user = 1000"));
  CHECK(blocked("address = \"203.0.113.0/24\""));
  CHECK(blocked("port = 443"));
  CHECK_FALSE(blocked("process = { path = \"/usr/bin/other\" }"));
  CHECK_FALSE(blocked("user = 1001"));
  CHECK_FALSE(blocked("port = 80"));
}

TEST_CASE("a user's own rules are replayed as his own: they stop his programs alone") {
  Past p;
  p.ofUser = 1000u;
  auto rule = "[[rule]]\nname = \"mine\"\naction = \"drop\"\n"_kj;
  CHECK(p.changes(rule).find("-> drop x") != std::string::npos);
  p.ofUser = 1001u;
  CHECK(p.changes(rule).find("-> drop") == std::string::npos);
}

TEST_CASE("rules that are wrong are refused with their place") {
  Past p;
  KJ_IF_MAYBE (e,
               kj::runCatchingExceptions([&]() { p.compiled("[[rule]]\naction = \"permit\"\n"); }))
    CHECK(e->getDescription().startsWith("new.toml:"));
  else
    FAIL("accepted");
}

}  // namespace
}  // namespace portreeve::history
