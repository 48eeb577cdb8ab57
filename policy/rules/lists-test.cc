// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/lists.h"

#include "common/name-list-writer.h"
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

namespace portreeve::rules {
namespace {

struct ListFolder {
  char path[40] = "/tmp/portreeve-rule-lists-XXXXXX";
  ListFolder() {
    KJ_ASSERT(mkdtemp(path) != nullptr);
    NameListWriter ads("ads");
    ads.add("ads.example", name_list::SELF | name_list::BELOW);
    ads.add("good.ads.example", name_list::ALLOW_SELF);
    ads.write(kj::str(path, "/ads.names"), 1);
  }
  ~ListFolder() { std::filesystem::remove_all(path); }

  RuleSet::Loaded load(kj::StringPtr operands) {
    auto options = testOptions();
    options.listFolder = path;
    RuleSource sources[] = {
        source(kj::str("[[rule]]\nname = \"r\"\naction = \"block\"\n", operands, '\n'))};
    return RuleSet::load(sources, options);
  }
};

kj::StringPtr decider(RuleSet& set, kj::StringPtr name, NameSource source = NameSource::PROCESS) {
  const DomainFact domain{name, source};
  auto facts = curlToExample();
  facts.domains = kj::arrayPtr(&domain, 1);
  return set.decide(facts, NOW).rule->name;
}

TEST_CASE("a list matches the names on it and below them, but for what it allows") {
  ListFolder folder;
  auto loaded = folder.load("list = \"ads\"");
  CHECK(loaded.missing.empty());
  auto& set = *KJ_ASSERT_NONNULL(loaded.set);
  CHECK(decider(set, "ads.example") == "r");
  CHECK(decider(set, "x.ads.example") == "r");
  CHECK(decider(set, "good.ads.example") == "default");
  CHECK(decider(set, "example.org") == "default");
  CHECK(decider(set, "ads.example", NameSource::ANY) == "default");
  CHECK(set.judgeName(curlToExample().process, "x.ads.example", NOW).refuse);
}

TEST_CASE("names says whose names count for a list, too") {
  ListFolder folder;
  auto loaded = folder.load("list = \"ads\"\nnames = \"any\"");
  CHECK(decider(*KJ_ASSERT_NONNULL(loaded.set), "ads.example", NameSource::ANY) == "r");
}

TEST_CASE("a list that is not there lists nothing, and this is said") {
  ListFolder folder;
  auto loaded = folder.load("list = [\"ads\", \"trackers\"]");
  REQUIRE(loaded.missing.size() == 1);
  CHECK(loaded.missing[0].startsWith("list \"trackers\": "));
  auto& set = *KJ_ASSERT_NONNULL(loaded.set);
  CHECK(decider(set, "ads.example") == "r");
  Trace trace;
  set.decide(curlToExample(), NOW, &trace);
  bool said = false;
  for (auto& one : trace.considered)
    said = said ||
           one.failed ==
               "list: wants ads, trackers, has example.org on none, list trackers is not there";
  CHECK(said);
}

TEST_CASE("what is no list's name is an error") {
  ListFolder folder;
  CHECK(folder.load("list = \"../ads\"").problems.size() == 1);
}

}  // namespace
}  // namespace portreeve::rules
