// SPDX-License-Identifier: GPL-3.0-or-later
// Inputs of a fuzz target, spoilt a little: what the replays without a fuzzer feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace portreeve {

inline void mutateOnce(std::vector<uint8_t>& octets, std::mt19937& random, uint8_t special = 0xff) {
  // One change to an input that is not empty: an octet, a bit, its end, one octet more. `special`
  // is what a format takes ill.
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
      octets.insert(octets.begin() + ptrdiff_t(at), uint8_t(random()));
      break;
    default:
      octets[at] = special;
  }
}

inline void mutate(std::vector<uint8_t>& octets, std::mt19937& random, uint8_t special = 0xff) {
  // One to four changes.
  for (int changes = int(random() % 4) + 1; changes > 0 && !octets.empty(); changes--)
    mutateOnce(octets, random, special);
}

}  // namespace portreeve
