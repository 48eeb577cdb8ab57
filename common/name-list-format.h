// SPDX-License-Identifier: GPL-3.0-or-later
// The file that one compiled list of domain names is: a header, then a hash table of fingerprints.
// `portreeve-lists` writes it (name-list-writer.h); resolver and policy map it (name-list.h). Of
// this machine's byte order: it is made and used on one machine only.
//
// A name is kept as the upper 60 bits of a keyed hash of its labels and 4 bits that say what is
// listed. The key is random for each file, so that nobody can choose names that collide. For a
// name that is not on a list of a million, the chance to be taken for one that is: 10^-12.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace portreeve::name_list {

__extension__ typedef unsigned __int128 Wide;

constexpr char MAGIC[8] = {'P', 'R', 'N', 'A', 'M', 'E', 'S', '1'};
constexpr uint32_t SLOTS = 8;         // of a bucket: one cache line
constexpr uint32_t MAX_PROBES = 64;   // buckets looked at, at most
constexpr uint32_t MAX_LABELS = 127;  // RFC 1035: 255 octets
constexpr uint64_t MAX_BUCKETS = 1ull << 27;
constexpr size_t MAX_TITLE = 63;

// What an entry lists; the low bits of a slot. Any combination is possible.
constexpr uint64_t SELF = 1, BELOW = 2, ALLOW_SELF = 4, ALLOW_BELOW = 8, KINDS = 15;

struct Header {
  char magic[8];
  uint64_t buckets;  // at least 1
  uint64_t entries;  // names
  uint64_t key[2];
  uint64_t labels[2];  // bit n: there is an entry of n labels
  uint64_t made;       // seconds since the Unix epoch
  uint32_t probes;     // no name is further from its own bucket than this
  uint32_t unused;
  char title[MAX_TITLE + 1];  // the list's name, ended by a zero
  char padding[4096 - 136];   // the table starts on a page
};
static_assert(sizeof(Header) == 4096);

struct alignas(64) Bucket {
  uint64_t slots[SLOTS];  // filled from the front; 0 is free
};

class SuffixHash {
  // Labels are added from the right: after each, `value` is the hash of the name so far.
public:
  explicit SuffixHash(const uint64_t (&key)[2]) : key{key[0], key[1]}, value(key[0] ^ key[1]) {}

  void add(std::string_view label) {
    const char* at = label.data();
    size_t left = label.size();
    for (; left > 8; at += 8, left -= 8) {
      uint64_t word;
      memcpy(&word, at, 8);
      value = mix(value ^ word ^ key[0], key[1] ^ 0x9e3779b97f4a7c15ull);
    }
    uint64_t word = 0;
    memcpy(&word, at, left);
    value = mix(value ^ word ^ key[1], key[0] ^ 0xc2b2ae3d27d4eb4full ^ label.size());
  }

  uint64_t fingerprint() const {
    uint64_t bits = value & ~KINDS;
    return bits == 0 ? ~KINDS : bits;  // never 0: that is a free slot
  }

private:
  uint64_t key[2];
  uint64_t value;

  static uint64_t mix(uint64_t a, uint64_t b) {
    auto product = Wide(a) * b;
    return uint64_t(product) ^ uint64_t(product >> 64);
  }
};

inline uint64_t bucketOf(uint64_t fingerprint, uint64_t buckets) {
  return uint64_t(Wide(fingerprint) * buckets >> 64);
}

}  // namespace portreeve::name_list
