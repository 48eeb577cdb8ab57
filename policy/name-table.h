// SPDX-License-Identifier: GPL-3.0-or-later
// Which names were given for which addresses, and to whom. A name is kept for its TTL and an hour;
// a flow keeps its own names as long as it lives. Bounded: the oldest are forgotten first.
#pragma once

#include "policy/flow.h"
#include "policy/program.h"
#include "proto/policy.capnp.h"

#include <kj/vector.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

namespace portreeve::policy {

class NameTable {
public:
  static constexpr size_t CAPACITY = 40000;       // name and address and asker count as one
  static constexpr size_t MAX_FOR_ADDRESS = 128;  // of a shared address (a CDN's) the newest
  static constexpr size_t MAX_FOR_FLOW = 16;      // the nearest, then the newest
  static constexpr uint64_t KEPT_BEYOND_TTL_NS = 3600ull * 1000000000;

  explicit NameTable(size_t capacity = CAPACITY) : capacity(capacity) {}
  KJ_DISALLOW_COPY(NameTable);

  void remember(proto::NameAnswer::Reader answer, Program& asker);
  // The name as asked and the targets of its CNAMEs, for each address. Counted from when it was
  // given.

  kj::Vector<FlowName> namesFor(const Address& address, const Program& program,
                                uint64_t nowNs) const;
  // Each once, with its nearest source as `program` sees it; nearest first, then newest.
  // nowNs: CLOCK_MONOTONIC.

  size_t size() const { return entries.size(); }

private:
  struct Entry {
    Address address;
    kj::String name;
    kj::Own<Program> asker;
    uint64_t expiresNs;  // CLOCK_MONOTONIC
  };
  using Entries = std::list<Entry>;
  struct HashAddress {
    size_t operator()(const Address& address) const { return address.hashCode(); }
  };

  size_t capacity;
  Entries entries;  // oldest first
  std::unordered_map<Address, std::vector<Entries::iterator>, HashAddress>
      byAddress;  // oldest first

  void rememberOne(const Address& address, kj::StringPtr name, Program& asker, uint64_t expiresNs);
  void forget(Entries::iterator entry);
};

rules::NameSource sourceOf(const Program& asker, const Program& program);
// Who had asked, as seen by `program`.

kj::Own<Program> programOf(proto::NameAsker::Reader asker);
void describe(const Program& program, proto::NameAsker::Builder asker);

}  // namespace portreeve::policy
