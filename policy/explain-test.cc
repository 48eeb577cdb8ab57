// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/explain.h"
#include "policy/test-flows.h"
#include "policy/test-folders.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

namespace view = proto::view;

constexpr kj::StringPtr RULES = R"toml([[rule]]
name = "root may"
action = "allow"
user = "root"

[[rule]]
name = "web"
action = "allow"
process = { path = "/usr/bin/curl" }
domain = ".example.org"
port = 443

[[rule]]
name = "no telnet"
action = "drop"
port = 23
)toml"_kj;

struct Fixture {
  kj::Own<rules::RuleSet> rules = rules::loadRules(RULES);
  kj::StringPtr lists = "/nonexistent"_kj;
  FlowTable flows;
  capnp::MallocMessageBuilder message;
  proto::Question::Builder question = message.initRoot<proto::Question>();
  capnp::MallocMessageBuilder answerMessage;
  view::Explanation::Builder answer = answerMessage.initRoot<view::Explanation>();

  kj::StringPtr ask() {
    explain(question, ExplainFrom{*rules, flows, rules::testUsers(), lists}, rules::NOW, answer);
    return answer.getWords();
  }

  Flow& curlFlowDecidedBy(kj::StringPtr rule, kj::StringPtr origin, proto::Verdict verdict) {
    auto flow = curlFlow();
    flow.judgement.rule = kj::str(rule);
    flow.judgement.origin = kj::str(origin);
    flow.judgement.verdict = verdict;
    auto& added = flows.add(kj::mv(flow));
    question.setId(added.id);
    return added;
  }

  void imagineCurl() {
    question.setPath("/usr/bin/curl");
    question.setProtocol(6);
    question.setRemote("203.0.113.7");
    question.setRemotePort(443);
  }
};

TEST_CASE("a connection is explained by the rule that decided it, with its place") {
  Fixture f;
  f.curlFlowDecidedBy("web", "test.toml:6", proto::Verdict::ACCEPT);
  CHECK(f.ask() ==
        "curl (pid 4711, user alice) going to example.org (203.0.113.5), tcp port 443, is allowed "
        "by rule \"web\" (test.toml:6).");
  CHECK(f.answer.getConnection().getId() == 1);
  CHECK(f.answer.getDeciding().getName() == "web");
  CHECK(f.answer.getDeciding().getOrigin() == "test.toml:6");
}

TEST_CASE("each rule that was looked at says why it did not match, the deciding one last") {
  Fixture f;
  f.curlFlowDecidedBy("web", "test.toml:6", proto::Verdict::ACCEPT);
  f.ask();
  auto considered = f.answer.getConsidered().asReader();
  auto last = considered[considered.size() - 1];
  CHECK(last.getRule() == "web");
  CHECK(last.getMatched());
  auto before = considered[considered.size() - 2];
  CHECK(before.getRule() == "root may");
  CHECK(before.getFailed() == "user: wants root, has uid 1000");
}

TEST_CASE("where the rules have changed since, the words say what they would do now") {
  Fixture f;
  f.curlFlowDecidedBy("old", "gone.toml:1", proto::Verdict::BLOCK);
  auto words = f.ask();
  CHECK(contains(words,
                 "is refused by rule \"old\" (gone.toml:1). By the rules now in force it "
                 "would be allowed by rule \"web\" (test.toml:6)."));
}

TEST_CASE("where another rule decides the same now, that is said as well") {
  Fixture f;
  f.curlFlowDecidedBy("old", "gone.toml:1", proto::Verdict::ACCEPT);
  CHECK(contains(f.ask(), "the same is decided by rule \"web\""));
}

TEST_CASE("where no rule matched the default is named") {
  Fixture f;
  auto& flow = f.curlFlowDecidedBy("", "no rule matches: policy.default", proto::Verdict::BLOCK);
  flow.tuple.destinationPort = 80;
  CHECK(contains(f.ask(), "is refused (no rule matches: policy.default)."));
  CHECK(f.answer.getDeciding().getLayer() == "default");
}

TEST_CASE("a process that was not found is said with the reason") {
  Fixture f;
  auto& flow = f.curlFlowDecidedBy("no telnet", "test.toml:13", proto::Verdict::DROP);
  flow.process.program = Program::unknown("the reader did not answer");
  flow.tuple.destinationPort = 23;
  CHECK(f.ask() ==
        "An unknown process (the reader did not answer) going to example.org (203.0.113.5), tcp "
        "port 23, is dropped by rule \"no telnet\" (test.toml:13).");
}

TEST_CASE("a connection from before a restart of policy is not judged by half its facts") {
  Fixture f;
  auto& flow = f.curlFlowDecidedBy("", "decided before policy restarted", proto::Verdict::ACCEPT);
  flow.process.program = Program::unknown("decided before policy restarted");
  auto words = f.ask();
  CHECK(contains(words, "is allowed (decided before policy restarted)"));
  CHECK_FALSE(contains(words, "would be"));
}

TEST_CASE("the DNS stage of a named connection is told") {
  Fixture f;
  f.curlFlowDecidedBy("web", "test.toml:6", proto::Verdict::ACCEPT);
  f.ask();
  CHECK(contains(f.answer.getDns(),
                 "the name example.org is answered: rule \"web\" (test.toml:6) may let"));
}

TEST_CASE("the time of each stage that took place is told, in their order") {
  Fixture f;
  auto& flow = f.curlFlowDecidedBy("web", "test.toml:6", proto::Verdict::ACCEPT);
  flow.times.policy = 30'500;
  flow.times.attribution = 120'000;
  f.ask();
  auto stages = f.answer.getStages();
  REQUIRE(stages.size() == 2);
  CHECK(stages[0].getStage() == "attribution");
  CHECK(stages[0].getUs() == 120);
  CHECK(stages[1].getStage() == "policy");
  CHECK(stages[1].getUs() == 30.5);
}

TEST_CASE("a connection that is not known is refused in words") {
  Fixture f;
  f.question.setId(99);
  CHECK(contains(failureOf([&]() { f.ask(); }), "connection 99 is not known"));
}

// What need not exist
// -------------------------------------------------------------------------------

TEST_CASE("an imagined connection is decided as a real one would be") {
  Fixture f;
  f.imagineCurl();
  f.question.setDomain("www.Example.ORG.");
  f.question.setUser("alice");
  CHECK(f.ask() ==
        "/usr/bin/curl of user alice going to www.example.org (203.0.113.7), tcp port "
        "443, would be allowed by rule \"web\" (test.toml:6).");
  CHECK(f.answer.getConnection().getId() == 0);
  CHECK(f.answer.getDeciding().getName() == "web");
}

TEST_CASE("what was not said does not match, and the first rule that hangs on it is named") {
  Fixture f;
  f.imagineCurl();
  auto words = f.ask();
  CHECK(contains(words, "would be refused because no rule matches (default = \"block\""));
  CHECK(contains(words, "\"root may\" (test.toml:1) comes before and hangs on what was not said"));
}

TEST_CASE("a rule that would decide the same is not worth a word") {
  Fixture f;
  f.imagineCurl();
  f.question.setDomain("example.org");
  CHECK_FALSE(contains(f.ask(), "hangs on"));
}

TEST_CASE("an imagined name is judged at the DNS stage too") {
  Fixture f;
  f.imagineCurl();
  f.question.setDomain("ads.example");
  f.question.setUser("alice");
  f.ask();
  CHECK(f.answer.getDns() ==
        "the name ads.example is refused: whatever came of it would be "
        "stopped by policy.default");
}

TEST_CASE("an imagined incoming connection has its port here") {
  Fixture f;
  f.question.setDirection(proto::Direction::IN);
  f.question.setProtocol(6);
  f.question.setRemote("203.0.113.7");
  f.question.setLocalPort(23);
  f.question.setUser("alice");
  CHECK(contains(f.ask(), "reached from 203.0.113.7 at tcp port 23 would be dropped"));
  CHECK(f.answer.getDns() == "");
}

TEST_CASE("a question that makes no sense is refused in words") {
  Fixture f;
  f.question.setRemote("somewhere");
  CHECK(failureOf([&]() { f.ask(); }) == "\"somewhere\" is no address");
  f.question.setRemote("");
  f.question.setUser("nobody-here");
  CHECK(contains(failureOf([&]() { f.ask(); }), "no user \"nobody-here\""));
}

}  // namespace
}  // namespace portreeve::policy
