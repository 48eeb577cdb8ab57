// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-samples.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/mutation.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <random>

namespace portreeve::attributor {
namespace {

std::vector<Octets> seeds() {
  return {ipv4(6, tcp(40000, 443, 2), 2), ipv4(17, ports(53, 53, 8), 0, 0x2000),
          ipv4(1, icmp(8, 0, 9)),
          ipv6(IPPROTO_HOPOPTS, joined({extension(IPPROTO_ROUTING), extension(IPPROTO_FRAGMENT, 2),
                                        fragmentHeader(6, 0, true), tcp(1, 2, 2)})),
          ipv6(51, joined({extension(58, 3), icmp(128, 0, 1)}))};
}

}  // namespace

TEST_CASE("no prefix and no mutation of a packet upsets the reader of headers") {
  std::mt19937 random(1700);
  for (auto& seed : seeds()) {
    for (size_t length = 0; length <= seed.size(); length++) {
      Octets cut(seed.begin(), seed.begin() + long(length));
      CHECK(LLVMFuzzerTestOneInput(cut.data(), cut.size()) == 0);
    }
    for (int round = 0; round < 20000; round++) {
      Octets octets = seed;
      mutate(octets, random);
      if (LLVMFuzzerTestOneInput(octets.data(), octets.size()) != 0) FAIL("refused");
    }
  }
}

}  // namespace portreeve::attributor
