// SPDX-License-Identifier: GPL-3.0-or-later
// Golden data: tests/fixtures/rules/{good,bad}/NAME.toml beside NAME.expected. To see what a new
// file gives, leave its .expected empty and read the failure.
#include "policy/rules/parse.h"
#include "policy/rules/nearest.h"
#include "policy/rules/test-facts.h"

#include <doctest/doctest.h>
#include <string.h>

#include <string>

namespace portreeve::rules {
namespace {

FolderContent fixtures(kj::StringPtr kind) {
  auto content = readFolder(kj::str(RULE_FIXTURES "/", kind), Layer::SUITE);
  for (auto& problem : content.problems) FAIL(problem.toString().cStr());
  CHECK(content.sources.size() > 0);
  return content;
}

kj::String readExpected(kj::StringPtr tomlFile) {
  kj::Vector<Problem> problems;
  kj::String path = kj::str(tomlFile.slice(0, tomlFile.size() - strlen("toml")), "expected");
  KJ_IF_MAYBE (expected, readFile(path, Layer::SUITE, problems)) {
    return kj::mv(expected->text);
  }
  return kj::str("there is no ", path);
}

kj::String describe(const Rule& rule) {
  kj::Vector<kj::String> parts;
  for (auto& operand : rule.operands)
    parts.add(kj::str("  ", operand->key, ": ", operand->wanted(), '\n'));
  return kj::str(rule.line, ": ", toText(rule.action), " \"", rule.name, "\"",
                 rule.expiresNs == 0 ? kj::str() : kj::str(" expires ", rule.expiresNs / SECONDS),
                 rule.untilExit      ? " until process-exit"
                 : rule.untilRestart ? " until restart"
                                     : "",
                 rule.once ? " once" : "", '\n', kj::strArray(parts, ""));
}

TEST_CASE("every good fixture is understood as its .expected says") {
  auto content = fixtures("good");
  for (auto& file : content.sources) {
    CAPTURE(file.file.cStr());
    kj::String expected = readExpected(file.file);
    file.writtenNs = NOW;
    auto parsed = parse(file, {testUsers()});
    for (auto& problem : parsed.problems) FAIL_CHECK(problem.toString().cStr());
    kj::String got = kj::strArray(
        KJ_MAP(rule, parsed.rules) { return describe(rule); }, "");
    CHECK(std::string(got.cStr()) == expected.cStr());
  }
}

TEST_CASE("every bad fixture is refused with the words, lines and columns of its .expected") {
  auto content = fixtures("bad");
  for (auto& file : content.sources) {
    CAPTURE(file.file.cStr());
    kj::String expected = readExpected(file.file);
    auto parsed = parse(file, {testUsers()});
    kj::String got = kj::strArray(
        KJ_MAP(problem, parsed.problems) {
          return kj::str(problem.line, ':', problem.column, ": ", problem.reason, '\n');
        },
        "");
    CHECK(std::string(got.cStr()) == expected.cStr());
    CHECK(parsed.problems.size() > 0);
  }
}

std::string asRules(const std::string& example) {
  // What is no whole rule is the operands of one.
  if (example.find("[[rule]]") != std::string::npos) return example;
  if (example.find("[sets]") != std::string::npos) return example;
  return "[[rule]]\nname = \"example\"\naction = \"allow\"\n" + example;
}

TEST_CASE("every example of docs/rules.md is good") {
  kj::Vector<Problem> problems;
  auto document = KJ_ASSERT_NONNULL(readFile(RULES_DOCUMENT, Layer::SUITE, problems));
  std::string text(document.text.cStr());
  UserNames users;
  for (auto name : {"root", "alice", "_apt"})
    users.users.add(UserNames::Entry{kj::str(name), 1, 1});
  users.groups.add(UserNames::Group{kj::str("netdev"), 106, {}});
  const std::string OPEN = "```toml\n", CLOSE = "```\n";
  size_t count = 0;
  for (size_t at = 0; (at = text.find(OPEN, at)) != std::string::npos; count++) {
    at += OPEN.size();
    auto example = asRules(text.substr(at, text.find(CLOSE, at) - at));
    CAPTURE(example);
    auto parsed = parse(source(example.c_str()), {users});
    for (auto& problem : parsed.problems) FAIL_CHECK(problem.toString().cStr());
  }
  CHECK(count > 20);
}

TEST_CASE("a problem is told as file:line:column: reason") {
  auto parsed = parse(source("[[rule]]\nname = \"a\"\naction = \"alow\"\n"), {testUsers()});
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].toString() ==
        "test.toml:3:10: unknown word \"alow\"; did you mean \"allow\"?");
  Problem placeless{kj::str("rules.d"), 0, 0, kj::str("cannot be listed")};
  CHECK(placeless.toString() == "rules.d: cannot be listed");
}

TEST_CASE("a rule keeps its own text, without the comments of the next one") {
  auto parsed =
      parse(source("# about a\n[[rule]]\nname = \"a\" # inline\naction = \"allow\"\n\n# about b\n"
                   "[[rule]]\nname = \"b\"\naction = \"block\"\n[rule.process]\nname = \"x\"\n\n"),
            {testUsers()});
  REQUIRE(parsed.problems.empty());
  REQUIRE(parsed.rules.size() == 2);
  CHECK(parsed.rules[0].text == "[[rule]]\nname = \"a\" # inline\naction = \"allow\"");
  CHECK(parsed.rules[1].text ==
        "[[rule]]\nname = \"b\"\naction = \"block\"\n[rule.process]\nname = \"x\"");
  CHECK(parsed.rules[1].origin() == "test.toml:7");
}

TEST_CASE("until = restart ends rules that were written before the suite started") {
  kj::StringPtr text = "[[rule]]\nname = \"a\"\naction = \"allow\"\nuntil = \"restart\"\n";
  CHECK_FALSE(parse(source(text), {testUsers(), NOW - 1}).rules[0].expired(NOW));
  CHECK(parse(source(text), {testUsers(), NOW + 1}).rules[0].expired(NOW + 1));
}

TEST_CASE("deeply nested tables are refused, not followed") {
  kj::Vector<char> text;
  text.addAll("[[rule]]\nname = \"a\"\naction = \"allow\"\nnot = "_kj);
  for (int i = 0; i < 10000; i++) text.addAll("{ not = "_kj);
  text.add('\0');
  auto parsed = parse(source(kj::String(text.releaseAsArray())), {testUsers()});
  CHECK(parsed.problems.size() > 0);
}

TEST_CASE("the nearest known word is suggested, and none that is far off") {
  kj::StringPtr known[] = {"port"_kj, "protocol"_kj, "direction"_kj};
  CHECK(KJ_ASSERT_NONNULL(nearest("prot", known)) == "port");
  CHECK(KJ_ASSERT_NONNULL(nearest("protokoll", known)) == "protocol");
  CHECK(nearest("zebra", known) == nullptr);
  CHECK(nearest("", known) == nullptr);
  CHECK(didYouMean("zebra", known) == "; there is: port, protocol, direction");
}

}  // namespace
}  // namespace portreeve::rules
