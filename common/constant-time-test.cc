// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/constant-time.h"

#include <doctest/doctest.h>
#include <kj/string.h>

namespace portreeve {
namespace {

TEST_CASE("texts are equal when every character is") {
  CHECK(constantTimeEqual("abc"_kj, "abc"_kj));
  CHECK_FALSE(constantTimeEqual("abc"_kj, "abd"_kj));
  CHECK_FALSE(constantTimeEqual("bbc"_kj, "abc"_kj));
  CHECK_FALSE(constantTimeEqual("abc"_kj, "ab"_kj));
  CHECK(constantTimeEqual(""_kj, ""_kj));
}

}  // namespace
}  // namespace portreeve
