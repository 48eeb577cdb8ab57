// SPDX-License-Identifier: GPL-3.0-or-later
// The little of SQLite's C interface (sqlite.org/c3ref) that the historian needs. Every failure is
// a KJ exception that says what was done, to which file and why: OVERLOADED where it may pass (the
// disk is full, somebody holds the lock, the time is up), FAILED where it will not.
#pragma once

#include <kj/array.h>
#include <kj/common.h>
#include <kj/memory.h>
#include <kj/string.h>

#include <cstdint>

struct sqlite3;
struct sqlite3_stmt;

namespace portreeve::history {

enum class Trouble : uint8_t {
  NONE,
  DISK,    // full, not writable, an input/output error
  BROKEN,  // the file is no database, or a damaged one
  OTHER
};

class Database {
public:
  enum class Mode : uint8_t { READ_WRITE, READ_ONLY };

  Database(kj::StringPtr file, Mode mode);
  // READ_WRITE makes the file where it is missing. One thread at a time may use it.
  ~Database() noexcept;
  KJ_DISALLOW_COPY(Database);

  void execute(kj::StringPtr sql);    // one or more statements, without parameters
  int64_t number(kj::StringPtr sql);  // first column of the first row; 0: no row
  int64_t changes() const;            // rows that the last statement inserted, changed or removed
  int64_t lastId() const;             // of the last row inserted
  bool inTransaction() const;
  kj::StringPtr file() const { return path; }

  void limitTime(uint64_t deadlineNs);
  // Statements that are still at it then (CLOCK_MONOTONIC) fail with OVERLOADED. 0: no limit.

  Trouble trouble() const { return lastTrouble; }  // of the last failure
  void forgetTrouble() { lastTrouble = Trouble::NONE; }

  sqlite3* handle() { return connection; }
  [[noreturn]] void fail(int code, kj::StringPtr doing);

private:
  kj::String path;
  sqlite3* connection = nullptr;
  Trouble lastTrouble = Trouble::NONE;
  uint64_t deadline = 0;

  static int checkTime(void* self);
};

class Statement {
public:
  Statement(Database& database, kj::StringPtr sql);
  // Prepared once, run often. `database` outlives it.
  Statement(Statement&& other) noexcept;
  ~Statement() noexcept;
  KJ_DISALLOW_COPY(Statement);

  Statement& start();  // before the parameters of a run are bound
  Statement& bind(int64_t value);
  Statement& bind(kj::StringPtr text);                 // copied
  Statement& bind(kj::ArrayPtr<const kj::byte> blob);  // copied
  Statement& bindNull();
  Statement& bindOrNull(int64_t value);  // 0: NULL
  // In the order of the parameters.

  bool step();  // whether there is a row
  void run();   // to the end; rows are not looked at

  int64_t number(int column) const;  // 0 for NULL
  bool isNull(int column) const;
  kj::StringPtr text(int column) const;  // until the next step
  kj::ArrayPtr<const kj::byte> blob(int column) const;

private:
  Database& database;
  sqlite3_stmt* statement = nullptr;
  int bound = 0;

  void check(int code, kj::StringPtr doing);
};

class Transaction {
  // Rolled back unless committed.
public:
  explicit Transaction(Database& database);
  ~Transaction() noexcept;
  KJ_DISALLOW_COPY(Transaction);
  void commit();

private:
  Database& database;
  bool open = true;
};

}  // namespace portreeve::history
