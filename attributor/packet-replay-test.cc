// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-fuzz.h"
#include "attributor/packet-samples.h"

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

void mutate(Octets& octets, std::mt19937& random) {
  for (int changes = int(random() % 4) + 1; changes > 0 && !octets.empty(); changes--) {
    size_t at = random() % octets.size();
    switch (random() % 5) {
      case 0:
        octets[at] = uint8_t(random());
        break;
      case 1:
        octets[at] ^= uint8_t(1 << random() % 8);
        break;
      case 2:
        octets.resize(at);
        break;
      case 3:
        octets.insert(octets.begin() + long(at), uint8_t(random()));
        break;
      default:
        octets[at] = 0xff;
    }
  }
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
