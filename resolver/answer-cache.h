// SPDX-License-Identifier: GPL-3.0-or-later
// Answers that were given, to be given again: bounded by octets, the least recently used goes
// first. Answers past their TTL stay for a day, for the time when nobody can be asked (RFC 8767).
#pragma once

#include "resolver/prepared-answer.h"

#include <kj/common.h>
#include <kj/function.h>

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace portreeve::resolver {

std::string cacheKey(const Question& question, bool dnssecOk, bool checkingDisabled);
// The name in lower case as on the wire, the type, DO and CD.

class AnswerCache {
public:
  static constexpr size_t CAPACITY = 32 << 20;
  static constexpr uint64_t KEPT_STALE_NS = 86400ull * 1000000000;

  struct Entry {
    std::string key;
    Prepared answer;
    uint64_t storedNs;
    uint64_t expiresNs;
    uint64_t serial;          // differs for each answer that was stored
    uint32_t uses = 0;        // since it was stored
    bool refreshing = false;  // is being asked for again

    uint32_t age(uint64_t nowNs) const { return uint32_t((nowNs - storedNs) / 1000000000); }
    bool fresh(uint64_t nowNs) const { return nowNs < expiresNs; }
    bool worthRefreshing(uint64_t nowNs) const;
    // Used more than once, and in the last tenth of its life.
  };

  explicit AnswerCache(size_t capacity = CAPACITY) : capacity(capacity) {}
  KJ_DISALLOW_COPY(AnswerCache);

  kj::Maybe<Entry&> find(std::string_view key);
  // Stale ones too. Valid until the next call of `store` or `flush`.

  void store(std::string key, Prepared answer, uint64_t nowNs);
  // Nothing when its TTL is 0. Replaces the one before.

  size_t flush(kj::Maybe<const Name&> below);
  // All, or the name and what is below it; returns how many.

  void forEach(kj::FunctionParam<bool(const Entry&)> look) const;
  // The most recently used first, until `look` returns false.

  size_t size() const { return index.size(); }
  size_t bytes() const { return used; }
  size_t limit() const { return capacity; }

private:
  using Entries = std::list<Entry>;

  size_t capacity;
  size_t used = 0;
  uint64_t serials = 0;
  Entries entries;                                                // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> index;  // keys live in their entries

  static size_t costOf(const Entry& entry);
  void erase(Entries::iterator entry);
};

}  // namespace portreeve::resolver
