// SPDX-License-Identifier: GPL-3.0-or-later
// Which process sent a DNS query: the query's own packet came by the ring just before the resolver
// asks about it. A client is known by its own end alone, so that it is the same for a query to
// 127.0.0.1:53 and for one that the kernel has turned there. Bounded: who has not asked for the
// longest time is forgotten first.
//
// The resolver sees in a table (common/asker-table.h) which clients on UDP are the same program,
// and so whether what it was told of that program is still good.
#pragma once

#include "common/tuple.h"
#include "policy/asker-words.h"
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

  void socketClosed(const Tuple& socket);
  // source: its local end. The next one there may be another program's.
  void socketsUnknown();
  // Closed sockets may have gone unnoticed.
  void judgeAnew(const AskerWords::LookedAt& byRules);
  // Names may be judged differently from now on: no answer given before is good any more.
  int table() const { return published.descriptor(); }

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
  AskerTableWriter published;
  AskerWords words;
  Entries entries;  // the longest silent one first
  std::unordered_map<Client, Entries::iterator, HashClient> index;

  static Client clientOf(const Tuple& tuple) {
    return Client{tuple.source, tuple.sourcePort, tuple.protocol};
  }
  void publish(const Client& client, Program& program);
};

}  // namespace portreeve::policy
