// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/geography.h"

#include "policy/rules/test-facts.h"
#include "policy/rules/test-mmdb.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

namespace portreeve::rules {
namespace {

using Db = TestDatabase;

struct Databases {
  char folder[40] = "/tmp/portreeve-mmdb-XXXXXX";

  Databases() {
    KJ_ASSERT(mkdtemp(folder) != nullptr);
    TestDatabase countries;
    auto in = [](const std::string& code) {
      return Db::map({Db::text("country"), Db::map({Db::text("iso_code"), Db::text(code)})});
    };
    countries.add("203.0.113.0/24", in("NZ"));
    countries.add("2001:db8:1::/48", in("IS"));
    countries.add("198.51.100.0/24", Db::map({Db::text("registered_country"),
                                              Db::map({Db::text("iso_code"), Db::text("FJ")})}));
    countries.write(kj::str(folder, "/country.mmdb"), "Test-Country");
    TestDatabase numbers;
    numbers.add("203.0.113.0/25",
                Db::map({Db::text("autonomous_system_number"), Db::number32(64496),
                         Db::text("autonomous_system_organization"), Db::text("Example Net")}));
    numbers.write(kj::str(folder, "/asn.mmdb"), "Test-ASN");
  }
  ~Databases() { std::filesystem::remove_all(folder); }

  RuleSet::Loaded load(kj::StringPtr rules, kj::StringPtr databases) {
    RuleSource sources[] = {
        source(kj::str(databases, "\n[[rule]]\nname = \"r\"\naction = \"gate17\"\n", rules, '\n'),
               Layer::SUITE, kj::str(folder, "/rules.toml"))};
    return RuleSet::load(sources, testOptions());
  }
};

constexpr kj::StringPtr BOTH = "[databases]\ncountry = \"country.mmdb\"\nasn = \"asn.mmdb\""_kj;

bool decides(RuleSet& set, kj::StringPtr remote) {
  auto facts = curlToExample();
  facts.remote = address(remote);
  return set.decide(facts, NOW).rule->name == "r";
}

TEST_CASE("a country is found for IPv4 and IPv6, else where the network is registered") {
  Databases databases;
  auto loaded = databases.load("country = [\"nz\", \"IS\", \"FJ\"]", BOTH);
  for (auto& problem : loaded.problems) FAIL(problem.toString().cStr());
  auto& set = *KJ_ASSERT_NONNULL(loaded.set);
  CHECK(decides(set, "203.0.113.77"));
  CHECK(decides(set, "2001:db8:1::7"));
  CHECK(decides(set, "198.51.100.1"));
  CHECK_FALSE(decides(set, "203.0.114.1"));
  CHECK_FALSE(decides(set, "2001:db8:2::7"));
}

TEST_CASE("an autonomous system is found by its number") {
  Databases databases;
  auto loaded = databases.load("asn = [64496, 64511]", BOTH);
  auto& set = *KJ_ASSERT_NONNULL(loaded.set);
  CHECK(decides(set, "203.0.113.1"));
  CHECK_FALSE(decides(set, "203.0.113.200"));
}

TEST_CASE("the organization of an autonomous system is found beside its number") {
  Databases databases;
  auto loaded = databases.load("port = 1", BOTH);
  auto& geography = KJ_ASSERT_NONNULL(loaded.set)->geography();
  CHECK(KJ_ASSERT_NONNULL(geography.organizationOf(address("203.0.113.1"))) == "Example Net");
  CHECK(geography.organizationOf(address("203.0.113.200")) == nullptr);
  auto without = databases.load("port = 1", "");
  CHECK(KJ_ASSERT_NONNULL(without.set)->geography().organizationOf(address("203.0.113.1")) ==
        nullptr);
}

TEST_CASE("explain says which country an address has") {
  Databases databases;
  auto loaded = databases.load("country = \"IS\"", BOTH);
  Trace trace;
  KJ_ASSERT_NONNULL(loaded.set)->decide(curlToExample(), NOW, &trace);
  bool said = false;
  for (auto& one : trace.considered) said = said || one.failed == "country: wants IS, has NZ";
  CHECK(said);
}

TEST_CASE("a database that is missing, broken or not named is an error with its place") {
  Databases databases;
  auto without = databases.load("country = \"NZ\"", "");
  REQUIRE(without.problems.size() == 1);
  CHECK(without.problems[0].reason ==
        "country needs a database: [databases] country = \"/etc/portreeve/….mmdb\"");
  auto missing = databases.load("port = 1", "[databases]\ncountry = \"/nonexistent.mmdb\"");
  REQUIRE(missing.problems.size() == 1);
  CHECK(missing.problems[0].reason == "/nonexistent.mmdb: No such file or directory");
  CHECK(missing.problems[0].line == 2);
  FILE* broken = fopen(kj::str(databases.folder, "/broken.mmdb").cStr(), "w");
  fputs("not a database", broken);
  fclose(broken);
  CHECK(databases.load("port = 1", "[databases]\nasn = \"broken.mmdb\"").problems.size() == 1);
  auto misspelt = databases.load("port = 1", "[databases]\ncounty = \"country.mmdb\"");
  REQUIRE(misspelt.problems.size() == 1);
  CHECK(misspelt.problems[0].reason ==
        "unknown key \"databases.county\"; did you mean \"country\"?");
}

}  // namespace
}  // namespace portreeve::rules
