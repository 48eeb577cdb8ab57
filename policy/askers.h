// SPDX-License-Identifier: GPL-3.0-or-later
// Which process sent a DNS query: the query's own packet came by the ring just before the resolver
// asks about it. A client is known by its own end alone, so that it is the same for a query to
// 127.0.0.1:53 and for one that the kernel has turned there. Bounded: who has not asked for the
// longest time is forgotten first.
#pragma once

#include "common/tuple.h"
#include "policy/program.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace portreeve::policy {

constexpr uint16_t DNS_PORT = 53;

bool isDnsQuery(const Tuple& tuple);  // UDP or TCP to port 53

bool speaksForOthers(const Program& program);
// A system-wide stub or cache (systemd-resolved, nscd, dnsmasq, …): what it asks for is for anybody
// on this machine.

class Askers {
public:
  static constexpr size_t CAPACITY = 16384;

  explicit Askers(size_t capacity = CAPACITY) : capacity(capacity) {}
  KJ_DISALLOW_COPY(Askers);

  void note(const Tuple& query, Program& program);
  // Replaces whoever had that end before.

  kj::Maybe<kj::Own<Program>> find(const Tuple& client);
  // By protocol and source. Nullptr: no packet of it was seen.

private:
  struct Client {
    Address address;
    uint16_t port;
    uint8_t protocol;
    bool operator==(const Client& other) const = default;
  };
  struct HashClient {
    size_t operator()(const Client& client) const {
      return client.address.hashCode() ^
             (size_t(client.port) << 8 | client.protocol) * 0x9e3779b97f4a7c15ull;
    }
  };
  struct Entry {
    Client client;
    kj::Own<Program> program;
  };
  using Entries = std::list<Entry>;

  size_t capacity;
  Entries entries;  // the longest silent one first
  std::unordered_map<Client, Entries::iterator, HashClient> index;

  static Client clientOf(const Tuple& tuple) {
    return Client{tuple.source, tuple.sourcePort, tuple.protocol};
  }
};

}  // namespace portreeve::policy
