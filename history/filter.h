// SPDX-License-Identifier: GPL-3.0-or-later
// A HistoryFilter (proto/history.capnp), understood and checked, as a WHERE clause with its
// parameters.
#pragma once

#include "common/accounts.h"
#include "history/sqlite.h"
#include "proto/history.capnp.h"

#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::history {

constexpr uint32_t USUAL_LIMIT = 100;
constexpr uint32_t MOST_LIMIT = 1000;

struct Cursor {
  // A place between two rows of an answer: behind the row of that time and id.
  int64_t time = 0;  // ms
  int64_t id = 0;

  static kj::Maybe<Cursor> parse(kj::StringPtr text);
  kj::String toString() const;  // "1764021000123-42"
};

class Filter {
public:
  enum class Table : uint8_t { CONNECTION, QUERY, GAP, QUESTION };

  Filter(proto::HistoryFilter::Reader filter, const UserNames& users);
  // A copy. Throws FAILED with a sentence for whoever asked where a value makes no sense.

  using Value = kj::OneOf<int64_t, kj::String, kj::Array<kj::byte>>;
  struct Where {
    kj::String sql;  // "started >= ? AND …", "1" where there is nothing to be met
    kj::Vector<Value> values;
    void bind(Statement& statement) const;
  };
  Where where(Database& database, Table table) const;
  // Programs and texts are looked up to their ids first: `database` is asked. Without the cursor.
  // Throws FAILED where the table has no column for one of the conditions.

  kj::Vector<int64_t> executables(Database& database) const;
  // That `program` names, at most 64; empty where it is not given, or is nobody's.

  Where place(Table table) const;
  // What the cursor adds, "1" without one.

  bool empty() const;             // matches everything
  bool appliesToQueries() const;  // it has no condition that they have no column for
  bool namesProgram() const { return program.size() > 0; }
  uint32_t limit() const { return most; }
  bool oldestFirst() const { return upwards; }
  int64_t since() const { return from; }
  int64_t until() const { return to; }

private:
  int64_t from = 0;  // ms; 0: any
  int64_t to = 0;
  kj::String program, unit, action, domain, rule;
  kj::Maybe<int64_t> uid;
  kj::Maybe<int64_t> direction;
  kj::Maybe<int64_t> protocol;
  struct Range {
    kj::Array<kj::byte> first, last;
  };
  kj::Maybe<Range> remote;
  uint16_t port = 0;
  uint32_t most = USUAL_LIMIT;
  kj::Maybe<Cursor> cursor;
  bool upwards = false;

  class Builder;
  void readUser(kj::StringPtr user, const UserNames& users);
  void readProtocol(kj::StringPtr text);
  void readRemote(kj::StringPtr text);
};

}  // namespace portreeve::history
