// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/expectations.h"

#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

namespace portreeve::rules {
namespace {

ExpectationFile expectations(kj::StringPtr text) {
  return parseExpectations(source(text), testUsers());
}

kj::String problemsOf(kj::StringPtr text) {
  auto file = expectations(text);
  return kj::strArray(
      KJ_MAP(problem, file.problems) { return problem.toString(); }, "\n");
}

Outcome outcomeOf(kj::StringPtr rules, kj::StringPtr expectation) {
  auto file = expectations(kj::str("[[expect]]\nname = \"x\"\n", expectation));
  for (auto& problem : file.problems) FAIL(problem.toString().cStr());
  return run(*file.expectations[0], *loadRules(rules), NOW);
}

constexpr kj::StringPtr RULES =
    "[[rule]]\nname = \"web\"\naction = \"allow\"\nprocess = { path = \"/usr/bin/curl\" }\n"
    "user = \"alice\"\ndomain = \".example.org\"\nport = 443\n"
    "[[rule]]\nname = \"ssh in\"\naction = \"allow\"\ndirection = \"in\"\nport = 22\n"
    "address = \"192.0.2.0/24\"\n"_kj;

TEST_CASE("an expectation that holds passes") {
  auto outcome =
      outcomeOf(RULES,
                "action = \"allow\"\nrule = \"web\"\ndns = \"answer\"\nflow = { process = { "
                "path = \"/usr/bin/curl\" }, user = \"alice\", domain = "
                "\"www.example.org\", remote = \"203.0.113.5\", port = 443 }");
  CHECK(outcome.passed);
  CHECK(outcome.differences.empty());
}

TEST_CASE("a flow says under which profile it is, and on whose network") {
  constexpr kj::StringPtr PLACES =
      "[[rule]]\nname = \"at home\"\naction = \"allow\"\nprofile = \"home\"\n"
      "[[rule]]\nname = \"at work\"\naction = \"drop\"\nnetwork = \"work\"\n"_kj;
  CHECK(outcomeOf(PLACES, "rule = \"at home\"\nflow = { profile = \"home\" }").passed);
  CHECK(outcomeOf(PLACES,
                  "rule = \"at work\"\ndns = \"refuse\"\nflow = { profile = \"none\", network = "
                  "[\"home\", \"work\"], domain = \"example.org\" }")
            .passed);
  CHECK(outcomeOf(PLACES, "rule = \"default\"\nflow = { port = 1 }").passed);
}

TEST_CASE("one that does not hold says what was expected, what came and why") {
  auto outcome =
      outcomeOf(RULES,
                "action = \"allow\"\nrule = \"web\"\nflow = { process = { path = "
                "\"/usr/bin/curl\" }, user = \"alice\", domain = \"example.org\", port = 80 }");
  CHECK_FALSE(outcome.passed);
  REQUIRE(outcome.differences.size() == 2);
  CHECK(outcome.differences[0] ==
        "action: expected allow, got block by rule \"default\" (policy.default)");
  CHECK(outcome.differences[1] == "rule: expected \"web\", got rule \"default\" (policy.default)");
  bool said = false;
  for (auto& one : outcome.trace.considered) said = said || one.failed == "port: wants 443, has 80";
  CHECK(said);
}

TEST_CASE("of an incoming flow the port is this machine's") {
  CHECK(outcomeOf(
            RULES,
            "rule = \"ssh in\"\nflow = { direction = \"in\", remote = \"192.0.2.7\", port = 22 }")
            .passed);
  CHECK_FALSE(outcomeOf(RULES,
                        "rule = \"ssh in\"\nflow = { direction = \"in\", remote_port = 22, "
                        "remote = \"192.0.2.7\" }")
                  .passed);
}

TEST_CASE("an address that was not said matches nothing") {
  CHECK_FALSE(
      outcomeOf(RULES, "rule = \"ssh in\"\nflow = { direction = \"in\", port = 22 }").passed);
}

TEST_CASE("a time of its own makes rules by the hour and rules that end testable") {
  auto rules = "[[rule]]\nname = \"old\"\naction = \"allow\"\nuntil = 2027-02-01T00:00:00Z\n"_kj;
  CHECK(outcomeOf(rules, "rule = \"old\"\nflow = { port = 1 }").passed);
  CHECK(outcomeOf(rules, "rule = \"default\"\ntime = 2027-02-01T00:00:00Z\nflow = { port = 1 }")
            .passed);
}

TEST_CASE("what is wrong with a file of expectations is told with its place") {
  CHECK(problemsOf("[[expect]]\nname = \"x\"\nflow = { prot = 3 }\naction = \"alow\"\n") ==
        "test.toml:1:1: say what is expected: action, rule or dns\n"
        "test.toml:3:10: unknown key \"flow.prot\"; did you mean \"port\"?\n"
        "test.toml:4:10: unknown word \"alow\"; did you mean \"allow\"?");
  CHECK(problemsOf("[[expect]]\naction = \"allow\"\n") ==
        "test.toml:1:1: an expectation needs a flow: flow = { … }\n"
        "test.toml:1:1: an expectation needs a name in quotes");
  CHECK(problemsOf("rule = []\n") ==
        "test.toml:1:1: unknown key \"rule\"; did you mean \"rules\"?");
}

}  // namespace
}  // namespace portreeve::rules
