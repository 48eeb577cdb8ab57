// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rule-text.h"

#include "policy/rules/parse.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::cli {
namespace {

rules::ParsedRules understood(kj::StringPtr toml) {
  UserNames users;
  users.users.add(UserNames::Entry{kj::str("alice"), 1000, 1000});
  rules::RuleSource source{kj::str("rule"), kj::str(toml), rules::Layer::SUITE, 1};
  return rules::parse(source, {users});
}

TEST_CASE("a rule about one process ends with it") {
  RuleWords words;
  words.action = "allow";
  words.instance = "4711@123456";
  CHECK(ruleText(words) ==
        "[[rule]]\nname = \"allow process 4711\"\naction = \"allow\"\n"
        "process = { instance = \"4711@123456\" }\nuntil = \"process-exit\"\n");
}

TEST_CASE("options become one rule, only with the keys that were given") {
  RuleWords words;
  words.action = "allow";
  words.programs = {"/usr/bin/curl"};
  words.domains = {"example.org", "*.example.org"};
  words.ports = {"443", "8000-8100"};
  CHECK(ruleText(words) ==
        "[[rule]]\n"
        "name = \"allow curl to example.org, *.example.org port 443, 8000-8100\"\n"
        "action = \"allow\"\n"
        "process = { path = \"/usr/bin/curl\" }\n"
        "domain = [\"example.org\", \"*.example.org\"]\n"
        "port = [443, \"8000-8100\"]\n");
}

TEST_CASE("what is written is what the rule language reads") {
  RuleWords words;
  words.action = "block";
  words.name = "a \"quoted\" name with \\ and ö";
  words.programs = {"/opt/**", "/usr/bin/w get\"x"};
  words.units = {"ssh.service"};
  words.users = {"alice", "4711"};
  words.direction = "in";
  words.protocols = {"tcp", "132"};
  words.addresses = {"192.0.2.0/24", "2001:db8::1"};
  words.scopes = {"lan"};
  words.ports = {"22"};
  words.expires = "2027-01-01T00:00:00Z";
  auto parsed = understood(ruleText(words));
  REQUIRE_MESSAGE(parsed.problems.empty(), parsed.problems[0].toString().cStr());
  REQUIRE(parsed.rules.size() == 1);
  CHECK(parsed.rules[0].name == "a \"quoted\" name with \\ and ö");
  CHECK(parsed.rules[0].operands.size() == 8);
  CHECK(parsed.rules[0].expiresNs > 0);
}

TEST_CASE("a value cannot smuggle in another key") {
  RuleWords words;
  words.action = "block";
  words.name = "x\"\naction = \"allow";
  words.programs = {"/bin/a\" }\naction = \"allow"};
  auto parsed = understood(ruleText(words));
  // A name of two lines is refused by the rule language; nothing of it became a key.
  for (auto& rule : parsed.rules) CHECK(rule.action == rules::Action::BLOCK);
  REQUIRE(parsed.rules.size() == 1);
  CHECK(parsed.rules[0].operands.size() == 1);
}

TEST_CASE("a rule that is for everything says so in its name") {
  RuleWords words;
  words.action = "drop";
  CHECK(ruleName(words) == "drop everything");
  words.direction = "in";
  CHECK(ruleName(words) == "drop incoming");
}

TEST_CASE("a made name is never longer than a name may be, nor cut within a character") {
  RuleWords words;
  words.action = "allow";
  for (int i = 0; i < 50; i++) words.programs.push_back("/opt/größe");
  auto parsed = understood(ruleText(words));
  REQUIRE_MESSAGE(parsed.problems.empty(), parsed.problems[0].toString().cStr());
  CHECK(parsed.rules[0].name.size() <= 200);
  CHECK(parsed.rules[0].name.size() >= 199);
}

}  // namespace
}  // namespace portreeve::cli
