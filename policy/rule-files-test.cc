// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-files.h"
#include "policy/rules/parse.h"
#include "policy/rules/test-facts.h"
#include "policy/test-folders.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

using rules::Layer;

constexpr kj::StringPtr TWO_RULES = R"toml(# about the first
[[rule]]
name = "first"
action = "allow"

# about the second
[[rule]]
name = "second"
action = "block"
port = 80
)toml"_kj;

kj::Vector<rules::Rule> parsed(kj::StringPtr text) {
  auto result = rules::parse(rules::source(text), {rules::testUsers()});
  KJ_ASSERT(result.problems.empty());
  return kj::mv(result.rules);
}

TEST_CASE("the administrator's files come before the suite's, each in name order") {
  TestFolder folder;
  folder.make("etc");
  folder.make("own");
  for (auto name : {"etc/20.toml", "etc/10.toml", "own/05.toml", "own/.new.toml", "own/note.txt"})
    folder.write(name, "");
  auto content = readRuleFiles({folder.path("etc"), folder.path("own")});
  CHECK(content.problems.empty());
  CHECK(content.sources.size() == 3);
  CHECK(content.sources[0].file == folder.path("etc/10.toml"));
  CHECK(content.sources[2].file == folder.path("own/05.toml"));
  CHECK(content.sources[2].layer == Layer::SUITE);
}

TEST_CASE("missing folders have no rules and no problems") {
  auto content = readRuleFiles({kj::str("/nonexistent/a"), kj::str("/nonexistent/b")});
  CHECK(content.sources.empty());
  CHECK(content.problems.empty());
}

TEST_CASE("the fingerprint tells a changed, a new and a removed file") {
  TestFolder folder;
  folder.make("etc");
  RuleFolders folders{folder.path("etc"), folder.path("own")};
  auto empty = fingerprint(folders);
  folder.write("etc/a.toml", "x");
  auto one = fingerprint(folders);
  CHECK(one != empty);
  CHECK(fingerprint(folders) == one);
  folder.write("etc/a.toml", "xy");
  CHECK(fingerprint(folders) != one);
  folder.remove("etc/a.toml");
  CHECK(fingerprint(folders) == empty);
}

TEST_CASE("a new rule's file stands behind the others and is named after the rule") {
  RuleSources sources;
  CHECK(nextFileName(sources, KeptBy(), "curl may read example.org!") ==
        "0010-curl-may-read-example-org.toml");
  sources.add(rules::source("", Layer::SUITE, "/own/0030-x.toml"));
  sources.add(rules::source("", Layer::ADMINISTRATOR, "/etc/9000-x.toml"));
  CHECK(nextFileName(sources, KeptBy(), "../../etc/passwd") == "0040-etc-passwd.toml");
  CHECK(nextFileName(sources, KeptBy(), "größer") == "0040-gr-er.toml");
  CHECK(nextFileName(sources, KeptBy(), "…") == "0040-rule.toml");
  sources.add(rules::source("", Layer::SUITE, "/own/9990-a.toml"));
  CHECK(nextFileName(sources, KeptBy(), "a") == "9990-a-2.toml");
}

TEST_CASE("taking a rule out leaves the others as they are written") {
  auto rules = parsed(TWO_RULES);
  CHECK(
      withoutRule(TWO_RULES, rules[1]) ==
      "# about the first\n[[rule]]\nname = \"first\"\naction = \"allow\"\n\n# about the second\n");
  CHECK(parsed(withoutRule(TWO_RULES, rules[0]))[0].name == "second");
}

TEST_CASE("a file whose last rule is taken out is empty, comments or not") {
  kj::StringPtr text = "# mine\n[[rule]]\nname = \"only\"\naction = \"allow\"\n\n# end\n";
  CHECK(withoutRule(text, parsed(text)[0]) == "");
  kj::StringPtr noLineEnd = "[[rule]]\nname = \"only\"\naction = \"allow\"";
  CHECK(withoutRule(noLineEnd, parsed(noLineEnd)[0]) == "");
}

TEST_CASE("a rule is not taken out of a file that has changed since it was read") {
  auto rules = parsed(TWO_RULES);
  auto changedText = kj::str("\n", TWO_RULES);
  CHECK(contains(failureOf([&]() { withoutRule(changedText, rules[1]); }), "nothing was changed"));
  CHECK(contains(failureOf([&]() { withoutRule("", rules[1]); }), "nothing was changed"));
}

TEST_CASE("changes are seen in what the sources will be") {
  RuleSources sources;
  sources.add(rules::source("etc", Layer::ADMINISTRATOR, "/own/a.toml"));
  sources.add(rules::source("old", Layer::SUITE, "/own/a.toml"));
  sources.add(rules::source("gone", Layer::SUITE, "/own/b.toml"));
  kj::Vector<FileChange> changes;
  changes.add(FileChange{kj::str("a.toml"), FileContent{kj::str("new"), 17}});
  changes.add(FileChange{kj::str("b.toml"), nullptr});
  changes.add(FileChange{kj::str("0.toml"), FileContent{kj::str("first")}});
  auto result = changed(sources, changes, "/own", 42);
  CHECK(result.size() == 3);
  CHECK(result[0].text == "etc");
  CHECK(result[1].text == "first");
  CHECK(result[1].writtenNs == 42);
  CHECK(result[2].text == "new");
  CHECK(result[2].writtenNs == 17);
}

}  // namespace
}  // namespace portreeve::policy
