// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/check.h"

#include "policy/rules/test-random.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

CheckResult checkText(kj::StringPtr text) {
  RuleSource sources[] = {source(text)};
  return check(sources, testOptions(), NOW);
}

kj::String rule(kj::StringPtr name, kj::StringPtr operands) {
  return kj::str("[[rule]]\nname = \"", name, "\"\naction = \"allow\"\n", operands, "\n");
}

bool neverReached(kj::StringPtr first, kj::StringPtr second) {
  auto result = checkText(kj::str(rule("a", first), rule("b", second)));
  for (auto& error : result.errors) FAIL_CHECK(error.toString().cStr());
  return result.warnings.size() == 1;
}

TEST_CASE("errors of any file are reported, and then nothing else") {
  auto result = checkText("[[rule]]\nname = \"a\"\naction = \"alow\"\n");
  CHECK(result.errors.size() == 1);
  CHECK(result.warnings.size() == 0);
}

TEST_CASE("a rule behind one that covers it is said to be never reached") {
  auto result = checkText(kj::str(rule("wide", "port = [80, \"400-500\"]"),
                                  rule("narrow", "port = 443\nprotocol = \"tcp\"")));
  CHECK(result.rules == 2);
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].toString() ==
        "test.toml:5:1: rule \"narrow\" never decides: \"wide\" (test.toml:1) comes first and "
        "matches all that it matches");
}

TEST_CASE("covering is proven operand by operand") {
  CHECK(neverReached("", "port = 1"));
  CHECK(neverReached("address = \"192.0.2.0/24\"", "address = \"192.0.2.128/25\""));
  CHECK(
      neverReached("domain = \".example.org\"", "domain = [\"example.org\", \"*.a.example.org\"]"));
  CHECK(neverReached("process = { path = \"/usr/**\" }",
                     "process = { path = \"/usr/bin/curl\" }\nuser = \"alice\""));
  CHECK(neverReached("user = [\"alice\", \"root\"]", "user = 0"));
  CHECK(neverReached("scope = [\"lan\", \"localhost\"]", "scope = \"lan\""));
  CHECK(neverReached("not = { port = 22 }", "not = { port = [21, 22] }"));
}

TEST_CASE("nothing is said where it is not proven") {
  CHECK_FALSE(neverReached("port = 443", "protocol = \"tcp\""));
  CHECK_FALSE(neverReached("port = 443", "port = [443, 444]"));
  CHECK_FALSE(neverReached("port = 443\nuser = \"root\"", "port = 443"));
  CHECK_FALSE(neverReached("domain = \"*.example.org\"", "domain = \".example.org\""));
  CHECK_FALSE(neverReached("domain = \"a.example\"", "domain = \"a.example\"\nnames = \"any\""));
  CHECK_FALSE(neverReached("address = \"::/0\"", "address = \"192.0.2.1\""));
  CHECK_FALSE(neverReached("not = { port = [21, 22] }", "not = { port = 22 }"));
  CHECK_FALSE(neverReached("port = 443\nfor = \"5m\"", "port = 443"));
}

TEST_CASE("a people's rule behind a built-in one that covers it is said too") {
  auto result = checkText(rule("no igmp", "protocol = \"igmp\""));
  REQUIRE(result.warnings.size() == 1);
  CHECK(kj::StringPtr(result.warnings[0].reason)
            .startsWith("rule \"no igmp\" is a duplicate of \"IPv4 says"));
}

TEST_CASE("rules that have ended, and names that are there twice, are told") {
  auto ended = checkText(rule("old", "port = 1\nexpires = 2020-01-01T00:00:00Z"));
  REQUIRE(ended.warnings.size() == 1);
  CHECK(kj::StringPtr(ended.warnings[0].reason) ==
        "rule \"old\" has ended at 2020-01-01T00:00:00.000Z: take it out");
  RuleSource sources[] = {source(rule("same", "port = 1"), Layer::SUITE, "a.toml"),
                          source(rule("same", "port = 2"), Layer::SUITE, "b.toml")};
  auto twice = check(sources, testOptions(), NOW);
  REQUIRE(twice.warnings.size() == 1);
  CHECK(twice.warnings[0].file == "b.toml");
}

bool never(kj::StringPtr operands) {
  RuleSource sources[] = {
      source(kj::str("[[rule]]\nname = \"x\"\naction = \"allow\"\n", operands))};
  auto result = check(sources, testOptions(), NOW);
  for (auto& error : result.errors) FAIL(error.toString().cStr());
  return !result.neverDecide.empty();
}

TEST_CASE("a rule that contradicts itself can never match") {
  CHECK(never("protocol = \"tcp\"\nicmp_type = 8"));
  CHECK(never("direction = \"in\"\ndomain = \"example.org\""));
  CHECK(never("port = 22\nnot = { port = \"1-1023\" }"));
  CHECK(never("process = { path = \"/usr/bin/curl\", kind = \"foreign-root\" }"));
  CHECK_FALSE(never("protocol = [\"tcp\", \"icmp\"]\nicmp_type = 8"));
  CHECK_FALSE(never("direction = \"in\"\ndomain = \"none\""));
  CHECK_FALSE(never("port = \"1-1024\"\nnot = { port = \"1-1023\" }"));
  CHECK_FALSE(never("port = 22\nnot = { port = 22, protocol = \"udp\" }"));
  CHECK_FALSE(
      never("process = { path = \"/usr/bin/curl\", kind = [\"foreign-root\", \"replaced\"] }"));
}

kj::String warningsOf(kj::StringPtr first, kj::StringPtr second, kj::StringPtr action = "allow") {
  RuleSource sources[] = {
      source(kj::str("[[rule]]\nname = \"first\"\naction = \"allow\"\n", first,
                     "\n[[rule]]\nname = \"second\"\naction = \"", action, "\"\n", second))};
  auto result = check(sources, testOptions(), NOW);
  for (auto& error : result.errors) FAIL(error.toString().cStr());
  return kj::strArray(
      KJ_MAP(warning, result.warnings) { return kj::str(warning.reason); }, "\n");
}

TEST_CASE("a rule that says what one before says is a duplicate") {
  CHECK(warningsOf("port = [80, 443]", "port = [443, 80]") ==
        "rule \"second\" is a duplicate of \"first\" (test.toml:1): take one of them out");
}

TEST_CASE("a rule that is covered by one with another action is told so") {
  CHECK(warningsOf("port = [80, 443]", "port = 443\nuser = \"alice\"", "block") ==
        "rule \"second\" never decides: \"first\" (test.toml:1) comes first and matches all that "
        "it matches, with another action");
}

TEST_CASE("any-of is covered where each alternative is, and covers where one does") {
  auto covered = [](kj::StringPtr first, kj::StringPtr second) {
    return warningsOf(first, second).size() > 0;
  };
  CHECK(covered("port = \"1-1023\"", "any-of = [{ port = 80 }, { port = 22, user = \"root\" }]"));
  CHECK_FALSE(covered("port = \"1-1023\"", "any-of = [{ port = 80 }, { user = \"root\" }]"));
  CHECK(covered("any-of = [{ port = 80 }, { user = \"root\", port = 22 }]",
                "user = \"root\"\nport = 22\nprotocol = \"tcp\""));
  CHECK_FALSE(covered("any-of = [{ port = 80 }, { user = \"root\", port = 22 }]", "port = 22"));
  CHECK(covered("any-of = [{ port = 80 }, { port = 22 }]",
                "any-of = [{ port = 22, user = \"root\" }, { port = 80 }]"));
}

TEST_CASE("answers are asked apart: neither do other rules hide them, nor they others") {
  auto withAction = [](kj::StringPtr name, kj::StringPtr action, kj::StringPtr operands) {
    return kj::str("[[rule]]\nname = \"", name, "\"\naction = \"", action, "\"\n", operands, "\n");
  };
  auto asked = checkText(kj::str(withAction("ask", "ask", ""),
                                 withAction("answer", "allow", "answer = true\nport = 443"),
                                 withAction("rest", "block", "")));
  REQUIRE(asked.neverDecide.size() == 1);
  CHECK(asked.neverDecide[0] == "rest");
  auto answered = checkText(kj::str(withAction("answer", "allow", "answer = true"),
                                    withAction("ask", "ask", ""),
                                    withAction("second", "block", "answer = true\nport = 443")));
  REQUIRE(answered.neverDecide.size() == 1);
  CHECK(answered.neverDecide[0] == "second");
}

TEST_CASE("no rule that is said never to decide ever decides") {
  Random random(8);
  unsigned said = 0;
  for (unsigned round = 0; round < rounds(150); round++) {
    auto text = randomRules(random, 1 + round % 40);
    RuleSource sources[] = {source(text)};
    auto result = check(sources, testOptions(), NOW);
    auto set = loadRules(text);
    said += unsigned(result.neverDecide.size());
    for (unsigned flows = 0; flows < 100; flows++) {
      RandomFlow flow(random);
      if (flow.facts.direction == Direction::IN) flow.facts.domains = nullptr;  // as policy does
      auto& decided = set->decide(flow.facts, NOW).rule->name;
      for (auto& name : result.neverDecide) REQUIRE_MESSAGE(name != decided, text.cStr());
    }
  }
  CHECK(said > 100);
}

}  // namespace
}  // namespace portreeve::rules
