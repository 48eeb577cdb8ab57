// SPDX-License-Identifier: GPL-3.0-or-later
// The last queries, and what became of each: `portreeve dns log`. In memory only.
#pragma once

#include "common/tuple.h"
#include "resolver/name-memory.h"

#include <kj/common.h>
#include <kj/function.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace portreeve::resolver {

enum class CacheState : uint8_t { MISS, HIT, STALE, LOCAL };

struct LoggedQuery {
  uint64_t number = 0;  // counts up from 1
  uint64_t wallNs = 0;
  uint32_t tookUs = 0;
  Tuple client;
  std::shared_ptr<const Asker> asker;  // null where policy was not asked
  std::string name;
  uint16_t type = 0;
  uint16_t rcode = 0;
  CacheState cache = CacheState::MISS;
  bool refused = false;
  std::string why;                 // who refused it, or why it failed
  std::string server;              // the upstream that answered
  std::vector<Address> addresses;  // the first few
};

class QueryLog {
public:
  static constexpr size_t CAPACITY = 2000;
  static constexpr size_t MOST_ADDRESSES = 4;

  explicit QueryLog(size_t capacity = CAPACITY) : lines(capacity) {}
  KJ_DISALLOW_COPY(QueryLog);

  LoggedQuery& next();
  // The line to fill in; it is the oldest one's, emptied, its memory kept.

  uint64_t count() const { return written; }
  void forEach(uint64_t after, size_t limit,
               kj::FunctionParam<void(const LoggedQuery&)> look) const;
  // Oldest first; the newest `limit` of those numbered above `after`.

private:
  std::vector<LoggedQuery> lines;
  uint64_t written = 0;
};

}  // namespace portreeve::resolver
