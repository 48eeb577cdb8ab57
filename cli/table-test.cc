// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include "cli/local-time.h"
#include "cli/printable.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <time.h>

namespace portreeve::cli {
namespace {

TEST_CASE("each column is as wide as its widest cell, numbers stand to the right") {
  Table table{{"NAME"}, {"PID", true}, {"STATE"}};
  table.add("policy", "7", "running");
  table.add("interceptor", "12345", "");
  CHECK(table.text() ==
        "NAME           PID  STATE\n"
        "policy           7  running\n"
        "interceptor  12345\n");
}

TEST_CASE("a character of several bytes counts as one column") {
  Table table{{"A"}, {"B"}};
  table.add("größe", "x");
  table.add("size!!", "y");
  CHECK(table.text() == "A       B\ngröße   x\nsize!!  y\n");
}

TEST_CASE("a table without rows says nothing") {
  CHECK(Table{{"A"}}.text() == "");
}

TEST_CASE("rows that come later keep the columns of those before") {
  Table table{{"A", false, 4}, {"B"}};
  table.add("1", "x");
  CHECK(table.takeText(true) == "A     B\n1     x\n");
  table.add("1234567", "x");
  table.add("1", "x");
  CHECK(table.takeText(false) == "1234567  x\n1        x\n");
}

TEST_CASE("nothing that others chose can steer the terminal") {
  CHECK(printable("plain, größe, 日本") == "plain, größe, 日本");
  CHECK(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(printable("a\nb\tc\x7f") == "a\\x0ab\\x09c\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");  // CSI as one character
  CHECK(printable("\xe2\x80\xae"
                  "txt.exe") == "\\xe2\\x80\\xaetxt.exe");  // right-to-left override
}

TEST_CASE("bytes that are no UTF-8 are shown as bytes") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");           // cut off
}

TEST_CASE("a long text is cut between characters") {
  CHECK(shortened("größe", 5) == "größe");
  CHECK(shortened("größen", 5) == "größ…");
}

TEST_CASE("a time of today is shown without its date") {
  setenv("TZ", "UTC", 1);
  tzset();
  uint64_t now = KJ_ASSERT_NONNULL(parseTime("2026-11-24T16:00:00.000Z")) * 1'000'000'000;
  CHECK(localTime("2026-11-24T13:56:07.123Z", now) == "13:56:07");
  CHECK(localTime("2026-11-23T13:56:07.123Z", now) == "2026-11-23 13:56:07");
  CHECK(localTime("", now) == "");
  CHECK(localTime("restart", now) == "restart");
}

TEST_CASE("a span of time is told in the unit that fits") {
  CHECK(span(0) == "0 s");
  CHECK(span(119) == "119 s");
  CHECK(span(120) == "2 min");
  CHECK(span(10'800) == "3 h");
  CHECK(span(259'200) == "3 d");
}

}  // namespace
}  // namespace portreeve::cli
