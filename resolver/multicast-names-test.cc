// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/multicast-names.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

const std::string HEADER("\0\0\x84\0\0\0\0\1\0\0\0\0", 12);
const std::string NAME("\7printer\5local\0", 15);
// Class IN with the cache-flush bit, TTL 4500 s.
const std::string ADDRESS("\0\1\x80\1\0\0\x11\x94\0\4\xc0\0\2\7", 14);
// Next name: the owner; types A and NSEC.
const std::string ONLY_A("\0\x2f\x80\1\0\0\x11\x94\0\x0a\xc0\x0c\0\6\x40\0\0\0\0\1", 20);

kj::Maybe<Answer> ask(uint16_t type, std::string message) {
  return multicastAnswer(
      {KJ_ASSERT_NONNULL(Name::parse("Printer.local")), type},
      kj::arrayPtr(reinterpret_cast<const kj::byte*>(message.data()), message.size()));
}

}  // namespace

TEST_CASE("a multicast answer is taken without its cache-flush bit, and not for long") {
  auto answer = KJ_ASSERT_NONNULL(ask(TYPE_A, HEADER + NAME + ADDRESS));
  REQUIRE(answer.answer.size() == 1);
  CHECK(answer.answer[0].klass == CLASS_IN);
  CHECK(answer.answer[0].ttl == 120);
  CHECK(answer.answer[0].data == std::string("\xc0\0\2\7", 4));
}

TEST_CASE("a host that says which records it has is not waited for where it has none") {
  auto answer = KJ_ASSERT_NONNULL(ask(TYPE_AAAA, HEADER + NAME + ONLY_A));
  CHECK(answer.rcode == RCODE_NOERROR);
  CHECK(answer.answer.empty());
  CHECK(ask(TYPE_A, HEADER + NAME + ONLY_A) == nullptr);
}

TEST_CASE("what a link says of other names, or malformed, is no answer") {
  CHECK(ask(TYPE_AAAA, HEADER + NAME + ADDRESS) == nullptr);
  CHECK(ask(TYPE_A, HEADER + std::string("\5other\5local\0", 13) + ADDRESS) == nullptr);
  auto whole = HEADER + NAME + ONLY_A;
  for (size_t size = 0; size < whole.size(); size++)
    CHECK(ask(TYPE_AAAA, whole.substr(0, size)) == nullptr);
}

}  // namespace portreeve::resolver
