// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/proposal.h"

#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>

#include <set>

namespace portreeve::policy {
namespace {

LearnedKind web(const std::string& domain, uint16_t port = 443,
                const std::string& path = "/usr/bin/curl") {
  LearnedKind kind;
  kind.path = path;
  kind.uid = 1000;
  kind.protocol = 6;
  kind.port = port;
  kind.domain = domain;
  return kind;
}

LearnedKind direct(const std::string& address, uint16_t port = 443) {
  auto kind = web("", port);
  kind.address = address;
  return kind;
}

LearnedKinds seen(std::initializer_list<LearnedKind> kinds) {
  LearnedKinds all;
  for (auto& kind : kinds) all[kind] = LearnedCount{1, 1000, 2000};
  return all;
}

TEST_CASE("what one program did with names is one rule") {
  auto rules = propose(seen({web("example.org"), web("example.org", 80), web("example.com")}));
  REQUIRE(rules.size() == 1);
  CHECK(rules[0].toml ==
        "[[rule]]\nname = \"learned: curl to 2 names\"\naction = \"allow\"\nprocess = { path = "
        "\"/usr/bin/curl\" }\nuser = \"1000\"\ndirection = \"out\"\nprotocol = \"tcp\"\ndomain = "
        "[\"example.com\", \"example.org\"]\nport = [80, 443]\n");
  CHECK(rules[0].kinds == 3);
  CHECK(rules[0].count.connections == 3);
}

TEST_CASE("several names below one become that one, but never a registry's") {
  auto rules =
      propose(seen({web("a.cdn.example.org"), web("b.cdn.example.org"), web("c.cdn.example.org")}));
  CHECK(std::string_view(rules[0].toml.cStr()).find("domain = \".cdn.example.org\"") !=
        std::string_view::npos);
  rules = propose(seen({web("one.co.uk"), web("two.co.uk"), web("three.co.uk"), web("a.test"),
                        web("b.test"), web("c.test")}));
  CHECK(std::string_view(rules[0].toml.cStr()).find("\"one.co.uk\"") != std::string_view::npos);
  CHECK(std::string_view(rules[0].toml.cStr()).find("\".test\"") == std::string_view::npos);
  // Two labels below a country may be one owner's, and three below a hoster several owners'.
  rules = propose(seen({web("a.example.de"), web("b.example.de"), web("c.example.de"),
                        web("x.github.io"), web("y.github.io"), web("z.github.io")}));
  CHECK(std::string_view(rules[0].toml.cStr())
            .find("domain = [\".example.de\", \"x.github.io\", \"y.github.io\", "
                  "\"z.github.io\"]") != std::string_view::npos);
}

TEST_CASE("too many addresses are no list: the port says enough") {
  LearnedKinds kinds;
  for (int i = 1; i <= 40; i++)
    kinds[direct("203.0.113." + std::to_string(i))] = LearnedCount{1, 1, 1};
  auto rules = propose(kinds);
  REQUIRE(rules.size() == 1);
  CHECK(std::string_view(rules[0].toml.cStr()).find("address = ") == std::string_view::npos);
  CHECK(std::string_view(rules[0].toml.cStr()).find("port = 443") != std::string_view::npos);
}

TEST_CASE("every kind that was seen is decided by one of the rules as it was while learning") {
  LearnedKinds kinds = seen({web("example.org"), web("x.example.com", 8080),
                             direct("203.0.113.5", 22), web("example.org", 443, "/opt/a*[b]/curl"),
                             web("example.net", 443, "/opt/other/curl")});
  auto blocked = web("ads.example.org");
  blocked.blocked = true;
  kinds[blocked] = LearnedCount{5, 1, 2};
  auto ping = direct("203.0.113.9", 0);
  ping.protocol = 1;
  kinds[ping] = LearnedCount{1, 1, 1};
  kj::Vector<kj::String> texts;
  for (auto& rule : propose(kinds)) texts.add(kj::str(rule.toml));
  auto set = rules::loadRules(kj::strArray(texts, "\n"), DefaultAction::DROP);
  for (auto& [kind, count] : kinds) {
    auto facts = rules::curlToExample();
    facts.process.path = kj::StringPtr(kind.path.c_str());
    facts.protocol = kind.protocol;
    facts.remotePort = kind.port;
    rules::DomainFact name{kj::StringPtr(kind.domain.c_str()), rules::NameSource::PROCESS};
    facts.domains =
        kind.domain.empty() ? kj::ArrayPtr<const rules::DomainFact>() : kj::arrayPtr(&name, 1);
    if (!kind.address.empty()) facts.remote = rules::address(kind.address.c_str());
    auto verdict = set->decide(facts, rules::NOW).verdict;
    CHECK(verdict == (kind.blocked ? proto::Verdict::BLOCK : proto::Verdict::ACCEPT));
  }
}

TEST_CASE("what was asked becomes answers, and two programs of one name have two rules") {
  auto asked = web("example.org");
  asked.asked = true;
  auto rules = propose(seen({asked, web("example.org"), web("example.org", 443, "/opt/curl")}));
  REQUIRE(rules.size() == 3);
  size_t answers = 0;
  std::set<std::string> names;
  for (auto& rule : rules) {
    answers += std::string_view(rule.toml.cStr()).find("answer = true") != std::string_view::npos;
    names.insert(rule.name.cStr());
  }
  CHECK(answers == 1);
  CHECK(names.size() == 3);
}

TEST_CASE("what was learned is read as it was written, and anything else is refused") {
  auto kinds = seen({web("example.org"), direct("2001:db8::1")});
  CHECK(parseLearned(learnedText(kinds)).size() == 2);
  CHECK(parseLearned(learnedText(kinds)).begin()->first == kinds.begin()->first);
  CHECK(parseLearned("").empty());
  CHECK_THROWS_AS(parseLearned("[[kind"), kj::Exception);
}

}  // namespace
}  // namespace portreeve::policy
