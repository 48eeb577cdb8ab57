// SPDX-License-Identifier: GPL-3.0-or-later
// Which names were given for which addresses, and to whom: what policy is told again when it comes
// back, and what it is answered when it knows no name for an address.
#pragma once

#include "common/tuple.h"
#include "proto/policy.capnp.h"

#include <kj/string.h>

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

namespace portreeve::resolver {

struct Asker {
  // proto/policy.capnp, NameAsker, as a value: policy's word, given back to it as it is.
  uint64_t instance = 0;
  uint32_t uid = 4294967295;
  proto::ProcessKind kind = proto::ProcessKind::UNKNOWN;
  kj::String path;

  static Asker from(proto::NameAsker::Reader reader);
  Asker copy() const;
};

struct GivenName {
  // proto/policy.capnp, NameAnswer, as a value.
  Tuple client;
  Asker asker;
  kj::String name;
  std::vector<kj::String> chain;
  std::vector<Address> addresses;
  uint32_t ttl = 0;
  uint16_t type = 0;
  uint64_t wallNs = 0;       // when it was given: for people,
  uint64_t monotonicNs = 0;  // and for its TTL
  bool again = false;        // answered by what policy had said before

  GivenName copy() const;
  void to(proto::NameAnswer::Builder builder) const;
};

class NameMemory {
public:
  static constexpr size_t CAPACITY = 20000;
  static constexpr uint64_t KEPT_BEYOND_TTL_NS = 3600ull * 1000000000;

  explicit NameMemory(size_t capacity = CAPACITY) : capacity(capacity) {}
  KJ_DISALLOW_COPY(NameMemory);

  void remember(GivenName given, uint64_t nowNs);
  // Kept for its TTL and an hour, or until there are `capacity` newer ones. The same answer to the
  // same source address and the same program of the same user replaces the one before: the newest
  // client is kept.

  std::vector<const GivenName*> namesFor(const Address& address, size_t limit, uint64_t nowNs);
  // Newest first. Valid until the next call of `remember`.

  std::vector<const GivenName*> oldestFirst(uint64_t nowNs);
  // All that is still remembered, as it came. Valid until the next call of `remember`.

  size_t size() const { return entries.size(); }

private:
  struct Entry {
    GivenName given;
    std::string key;
    uint64_t expiresNs;
  };
  using Entries = std::list<Entry>;
  struct HashAddress {
    size_t operator()(const Address& address) const { return address.hashCode(); }
  };

  size_t capacity;
  Entries entries;  // oldest first
  std::unordered_map<std::string, Entries::iterator> byKey;
  std::unordered_map<Address, std::vector<const Entry*>, HashAddress> byAddress;  // oldest first

  void forget(Entries::iterator entry);
};

}  // namespace portreeve::resolver
