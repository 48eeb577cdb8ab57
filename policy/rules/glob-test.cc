// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/glob.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <string>

namespace portreeve::rules {
namespace {

Glob path(kj::StringPtr pattern) {
  return KJ_ASSERT_NONNULL(Glob::parse(pattern, Glob::Style::PATH).glob);
}
Glob text(kj::StringPtr pattern) {
  return KJ_ASSERT_NONNULL(Glob::parse(pattern, Glob::Style::TEXT).glob);
}

TEST_CASE("a pattern without wildcards matches itself alone") {
  CHECK(path("/usr/bin/curl").matches("/usr/bin/curl"));
  CHECK_FALSE(path("/usr/bin/curl").matches("/usr/bin/curl2"));
  CHECK_FALSE(path("/usr/bin/curl").matches("/usr/bin/cur"));
  CHECK(path("/a\\*b").matches("/a*b"));
  CHECK_FALSE(path("/a\\*b").matches("/axb"));
}

TEST_CASE("in a path, one star stays within a folder and two do not") {
  CHECK(path("/usr/bin/*").matches("/usr/bin/curl"));
  CHECK(path("/usr/bin/*").matches("/usr/bin/"));
  CHECK_FALSE(path("/usr/bin/*").matches("/usr/bin/sub/curl"));
  CHECK(path("/usr/**").matches("/usr/bin/sub/curl"));
  CHECK(path("**/curl").matches("/usr/bin/curl"));
  CHECK_FALSE(path("**/curl").matches("/usr/bin/curl.sh"));
  CHECK(path("/home/*/bin/**.py").matches("/home/alice/bin/a/b.py"));
  CHECK_FALSE(path("/home/*/bin/**.py").matches("/home/alice/x/bin/b.py"));
  CHECK(path("/*/*/c").matches("/a/b/c"));
  CHECK_FALSE(path("/*/c").matches("/a/b/c"));
}

TEST_CASE("question marks and sets match one byte, never a slash of a path") {
  CHECK(path("/a?c").matches("/abc"));
  CHECK_FALSE(path("/a?c").matches("/a/c"));
  CHECK_FALSE(path("/a[!b]c").matches("/a/c"));
  CHECK(path("/[a-c]x").matches("/bx"));
  CHECK_FALSE(path("/[a-c]x").matches("/dx"));
  CHECK(path("/[!a-c]x").matches("/dx"));
  CHECK(path("/[]]x").matches("/]x"));
  CHECK(path("/[a-]x").matches("/-x"));
}

TEST_CASE("in a text a slash is nothing special") {
  CHECK(text("* https://*").matches("curl https://example.org/"));
  CHECK(text("a?c").matches("a/c"));
  CHECK_FALSE(text("b*").matches("abc"));
}

TEST_CASE("a bad pattern says why") {
  CHECK(Glob::parse("", Glob::Style::PATH).reason.startsWith("an empty pattern"));
  CHECK(Glob::parse("/[a", Glob::Style::PATH).reason.startsWith("\"[\" is not closed"));
  CHECK(Glob::parse("/[b-a]", Glob::Style::PATH).reason.startsWith("a range"));
  CHECK(Glob::parse("/a\\", Glob::Style::PATH).reason.startsWith("\"\\\" at the end"));
  CHECK(Glob::parse(std::string(513, 'a').c_str(), Glob::Style::PATH)
            .reason.startsWith("a pattern has at most"));
}

TEST_CASE("a hostile text costs text times pattern, not more") {
  // With backtracking this would not end in a lifetime.
  std::string pattern = "/", hostile = "/" + std::string(4000, 'a');
  for (int i = 0; i < 80; i++) pattern += "**a*";
  CHECK_FALSE(path((pattern + "b").c_str()).matches(hostile.c_str()));
  CHECK(path(pattern.c_str()).matches(hostile.c_str()));
}

TEST_CASE("what one pattern is known to cover of another") {
  CHECK(path("/usr/**").covers(path("/usr/bin/*")));
  CHECK(path("/usr/bin/*").covers(path("/usr/bin/curl")));
  CHECK(path("/usr/bin/*").covers(path("/usr/bin/*")));
  CHECK_FALSE(path("/usr/bin/*").covers(path("/usr/**")));
  CHECK_FALSE(path("/usr/bin/curl").covers(path("/usr/bin/*")));
}

}  // namespace
}  // namespace portreeve::rules
