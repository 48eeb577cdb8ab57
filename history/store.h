// SPDX-License-Identifier: GPL-3.0-or-later
// Writing: what policy told, in batches, each in one transaction; and forgetting. For the writer's
// thread alone.
#pragma once

#include "history/connection-rows.h"
#include "history/dictionary.h"
#include "history/filter.h"
#include "history/sqlite.h"
#include "proto/history.capnp.h"

#include <kj/memory.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::history {

struct Bounds {
  uint32_t keepDays = 30;
  uint64_t maxBytes = 1ull << 30;  // of the database file, its log apart
};

struct Pruned {
  int64_t connections = 0;
  int64_t queries = 0;
  bool more = false;  // there is more to forget: come again
};

class Store {
public:
  explicit Store(kj::Own<Database> database);
  KJ_DISALLOW_COPY(Store);

  void beginLife(uint64_t lifeOfPolicy);
  // What is put from now on belongs to that start of policy.

  // Each within a transaction of the caller's:
  void put(proto::ConnectionBatch::Reader batch);
  void put(capnp::List<proto::view::NameQuery>::Reader asked);
  void put(capnp::List<proto::PromptRecord>::Reader changed);
  void putGap(uint64_t connections, uint64_t queries, kj::StringPtr reason, uint64_t nowWallNs);

  void forgetCaches();
  // After a transaction was rolled back: what is remembered of ids may not be there.

  Pruned prune(const Bounds& bounds, uint64_t nowWallNs);
  // Forgets what is too old, then the oldest while the file is too large: a bounded piece at a
  // call, each in a transaction of its own.
  void tidy();
  // Daily: texts and programs that nothing refers to any more, and the planner's statistics.
  Pruned purge(const Filter& filter);
  // All that match, overwritten in the file.

  int64_t fileBytes();
  Database& handle() { return *database; }

private:
  kj::Own<Database> database;
  int64_t life = 0;
  Dictionary dictionary;
  ConnectionRows connections;
  Statement putQuery, putGapRow, putQuestion;

  void put(proto::PromptRecord::Reader prompt);
  int64_t removeBefore(int64_t timeMs, kj::StringPtr table, kj::StringPtr column);
};

}  // namespace portreeve::history
