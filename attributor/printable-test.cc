// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/printable.h"

#include <doctest/doctest.h>

#include <string>

namespace portreeve::attributor {
namespace {

kj::String clean(const std::string& text, size_t maxBytes = 100) {
  return printable(kj::arrayPtr(text.data(), text.size()).asBytes(), maxBytes);
}

kj::String commandLine(const std::string& text, size_t maxBytes = 1024) {
  return commandLineOf(kj::arrayPtr(text.data(), text.size()).asBytes(), maxBytes);
}

TEST_CASE("text stays as it is, in every language") {
  CHECK(clean("curl -s https://example.org") == "curl -s https://example.org");
  CHECK(clean("größe 日本 🙂") == "größe 日本 🙂");
}

TEST_CASE("what a terminal would obey is spelled out") {
  CHECK(clean("a\x1b[2Jb\nc\x7f") == "a\\x1b[2Jb\\x0ac\\x7f");
  CHECK(clean("\xc2\x9b") == "\\xc2\\x9b");                   // CSI as one character
  CHECK(clean("a\xe2\x80\xaetxt") == "a\\xe2\\x80\\xaetxt");  // right to left from here
  CHECK(clean("a\xe2\x80\xa8z") == "a\\xe2\\x80\\xa8z");      // line separator
}

TEST_CASE("what is no UTF-8 is spelled out byte by byte") {
  CHECK(clean("\xff\xfe") == "\\xff\\xfe");
  CHECK(clean("\xc0\xaf") == "\\xc0\\xaf");  // overlong
  CHECK(clean("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
  CHECK(clean("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(clean("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond the last character
  CHECK(clean("a\xe6\x97") == "a\\xe6\\x97");                  // cut off
}

TEST_CASE("the end is cut between characters") {
  CHECK(clean("abc", 2) == "ab");
  CHECK(clean("ab日", 4) == "ab");
  CHECK(clean("ab日", 5) == "ab日");
  CHECK(clean("a\n", 4) == "a");
}

TEST_CASE("arguments are joined by blanks") {
  CHECK(commandLine(std::string("curl\0-o\0a b\0", 12)) == "curl -o a b");
  CHECK(commandLine(std::string("a\0\0b\0", 5)) == "a  b");
  CHECK(commandLine(std::string("nginx: worker\0\0\0\0", 17)) == "nginx: worker");
  CHECK(commandLine("") == "");
  CHECK(commandLine(std::string("\0\0", 2)) == "");
  CHECK(commandLine("a\nb") == "a\\x0ab");
}

TEST_CASE("a command line has an end, and is marked where it was cut") {
  auto cut = commandLine(std::string(5000, 'x'));
  CHECK(cut.size() == 1024);
  CHECK(cut.endsWith("x…"));
  CHECK_FALSE(commandLine(std::string(1024, 'x')).endsWith("…"));
}

}  // namespace
}  // namespace portreeve::attributor
