// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/time-span.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve {
namespace {

TEST_CASE("a span is a number and one of four units") {
  CHECK(KJ_ASSERT_NONNULL(parseSpanMs("30s")) == 30'000);
  CHECK(KJ_ASSERT_NONNULL(parseSpanMs("5m")) == 300'000);
  CHECK(KJ_ASSERT_NONNULL(parseSpanMs("2h")) == 7'200'000);
  CHECK(KJ_ASSERT_NONNULL(parseSpanMs("7d")) == 604'800'000);
  for (auto text : {"", "s", "7", "7w", "-1s", "+1s", " 1s", "1.5h", "1h30m", "4294967296s"})
    CHECK_MESSAGE(parseSpanMs(text) == nullptr, text);
  CHECK(parseSpanMs("4294967295d") != nullptr);
  CHECK(parseSpanMs("18446744073709551617s") == nullptr);
}

TEST_CASE("a moment is counted back from now, and not beyond the beginning of time") {
  constexpr uint64_t NOW = 1'000'000'000'000'000;  // 1,000,000 s
  CHECK(KJ_ASSERT_NONNULL(momentBefore("30s", NOW)) == 1'000'000'000 - 30'000);
  CHECK(KJ_ASSERT_NONNULL(momentBefore("4000000000d", NOW)) == 1);
  CHECK(momentBefore("yesterday", NOW) == nullptr);
}

}  // namespace
}  // namespace portreeve
