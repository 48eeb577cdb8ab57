// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/message-samples.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/mutation.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace portreeve::resolver {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytesOf(const Sample& sample) {
  return {sample.message().begin(), sample.message().end()};
}

std::vector<Bytes> seeds() {
  Sample query, answer, hints;
  query.header(RECURSION_DESIRED, {1, 0, 0, 1}).question("www.example.org", TYPE_A);
  query.opt(1232, 0x8000, std::string("\0\12\0\2ab", 6));
  auto target = std::string(KJ_ASSERT_NONNULL(Name::parse("b.example.org")).wire());
  answer.header(RESPONSE, {1, 3, 1, 1}).question("a.example.org", TYPE_A);
  answer.pointer(12).afterOwner(TYPE_CNAME, 60, target);
  answer.name("b.example.org").afterOwner(TYPE_A, 60, "abcd");
  answer.pointer(14).u16(TYPE_MX).u16(CLASS_IN).u32(9).u16(4).u16(1).pointer(12);
  answer.pointer(14).afterOwner(TYPE_SOA, 5, target + target + std::string(20, 'x'));
  answer.opt(512);
  hints.header(RESPONSE, {1, 1, 0, 0}).question("svc.test", TYPE_HTTPS);
  hints.pointer(12).afterOwner(TYPE_HTTPS, 60, std::string("\0\1\0\0\4\0\4abcd", 11));
  return {bytesOf(query), bytesOf(answer), bytesOf(hints)};
}

constexpr uint8_t POINTER = 0xc0;  // the beginning of a compression pointer

}  // namespace

TEST_CASE("no prefix and no mutation of a message upsets its reader or the writer") {
  std::mt19937 random(1799);
  for (auto& seed : seeds()) {
    for (size_t length = 0; length <= seed.size(); length++)
      CHECK(LLVMFuzzerTestOneInput(seed.data(), length) == 0);
    for (int round = 0; round < 20000; round++) {
      Bytes bytes = seed;
      mutate(bytes, random, POINTER);
      if (LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) != 0) FAIL("refused");
    }
  }
}

}  // namespace portreeve::resolver
