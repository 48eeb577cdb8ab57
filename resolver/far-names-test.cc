// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/far-names.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <set>

namespace portreeve::resolver {
namespace {

Question question(kj::StringPtr name, uint16_t type) {
  return Question{KJ_ASSERT_NONNULL(Name::parse(name)), type};
}

std::string addressOf(FarNames& names, kj::StringPtr name) {
  auto answer = KJ_ASSERT_NONNULL(names.answer(question(name, TYPE_A)));
  REQUIRE(answer.answer.size() == 1);
  return answer.answer[0].data;
}

TEST_CASE("a name has one address of its own in 198.18.0.0/15, now and in the next life") {
  FarNames names;
  auto first = addressOf(names, "www.example.org");
  CHECK(uint8_t(first[0]) == 198);
  CHECK((uint8_t(first[1]) & 0xfe) == 18);
  CHECK(addressOf(names, "WWW.example.org") == first);
  CHECK(addressOf(names, "www.example.net") != first);
  FarNames next;
  CHECK(addressOf(next, "www.example.org") == first);
}

TEST_CASE("thousands of names never share an address") {
  FarNames names;
  std::set<std::string> seen;
  for (int i = 0; i < 5000; i++) seen.insert(addressOf(names, kj::str("n", i, ".example")));
  CHECK(seen.size() == 5000);
}

TEST_CASE("where there is no room the older name loses its address") {
  FarNames names(4);
  for (int i = 0; i < 100; i++) addressOf(names, kj::str("n", i, ".example"));
  CHECK(names.size() <= 4);
}

TEST_CASE("of other types of records there are none, or no answer at all") {
  FarNames names;
  for (auto type : {TYPE_AAAA, TYPE_HTTPS, TYPE_SVCB}) {
    auto answer = KJ_ASSERT_NONNULL(names.answer(question("a.example", type)));
    CHECK(answer.rcode == RCODE_NOERROR);
    CHECK(answer.answer.empty());
  }
  CHECK(names.answer(question("a.example", TYPE_MX)) == nullptr);
}

}  // namespace
}  // namespace portreeve::resolver
