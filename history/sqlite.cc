// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/sqlite.h"

#include "common/clock.h"

#include <kj/debug.h>
#include <sqlite3.h>

namespace portreeve::history {
namespace {

constexpr int STEPS_BETWEEN_LOOKS =
    2000;  // of SQLite's virtual machine, between looks at the clock
constexpr int LOCK_PATIENCE_MS = 2000;

Trouble troubleOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return Trouble::DISK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Trouble::BROKEN;
    default:
      return Trouble::OTHER;
  }
}

bool mayPass(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

void keepNoAccounts() {
  // SQLite counts its memory under a lock that all threads share, for nobody here.
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  KJ_ASSERT(once == SQLITE_OK, "SQLite was in use before");
}

}  // namespace

Database::Database(kj::StringPtr file, Mode mode) : path(kj::str(file)) {
  keepNoAccounts();
  int flags =
      mode == Mode::READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(path.cStr(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    KJ_ON_SCOPE_FAILURE(sqlite3_close_v2(connection));
    fail(code, "opening");
  }
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, LOCK_PATIENCE_MS);
  sqlite3_progress_handler(connection, STEPS_BETWEEN_LOOKS, &Database::checkTime, this);
}

Database::~Database() noexcept {
  sqlite3_close_v2(connection);
}

int Database::checkTime(void* self) {
  uint64_t end = static_cast<Database*>(self)->deadline;
  return end != 0 && monotonicNs() > end ? 1 : 0;
}

void Database::limitTime(uint64_t deadlineNs) {
  deadline = deadlineNs;
}

void Database::fail(int code, kj::StringPtr doing) {
  lastTrouble = troubleOf(code);
  auto why = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  auto words = (code & 0xff) == SQLITE_INTERRUPT
                   ? kj::str("this takes too long: ask for a shorter time or a narrower filter")
                   : kj::str(doing, ' ', path, ": ", why, " (", code, ')');
  auto type = mayPass(code) ? kj::Exception::Type::OVERLOADED : kj::Exception::Type::FAILED;
  kj::throwFatalException(kj::Exception(type, __FILE__, __LINE__, kj::mv(words)));
}

void Database::execute(kj::StringPtr sql) {
  int code = sqlite3_exec(connection, sql.cStr(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "writing");
}

int64_t Database::number(kj::StringPtr sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

int64_t Database::changes() const {
  return sqlite3_changes64(connection);
}

int64_t Database::lastId() const {
  return sqlite3_last_insert_rowid(connection);
}

bool Database::inTransaction() const {
  return sqlite3_get_autocommit(connection) == 0;
}

Statement::Statement(Database& database, kj::StringPtr sql) : database(database) {
  int code = sqlite3_prepare_v3(database.handle(), sql.cStr(), int(sql.size() + 1),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) database.fail(code, "reading");
}

Statement::Statement(Statement&& other) noexcept
    : database(other.database), statement(other.statement), bound(other.bound) {
  other.statement = nullptr;
}

Statement::~Statement() noexcept {
  sqlite3_finalize(statement);
}

void Statement::check(int code, kj::StringPtr doing) {
  if (code != SQLITE_OK) database.fail(code, doing);
}

Statement& Statement::start() {
  sqlite3_reset(statement);  // what it returns was said by step already
  bound = 0;
  return *this;
}

Statement& Statement::bind(int64_t value) {
  check(sqlite3_bind_int64(statement, ++bound, value), "asking");
  return *this;
}

Statement& Statement::bind(kj::StringPtr text) {
  check(sqlite3_bind_text(statement, ++bound, text.cStr(), int(text.size()), SQLITE_TRANSIENT),
        "asking");
  return *this;
}

Statement& Statement::bind(kj::ArrayPtr<const kj::byte> blob) {
  check(sqlite3_bind_blob(statement, ++bound, blob.begin(), int(blob.size()), SQLITE_TRANSIENT),
        "asking");
  return *this;
}

Statement& Statement::bindNull() {
  check(sqlite3_bind_null(statement, ++bound), "asking");
  return *this;
}

Statement& Statement::bindOrNull(int64_t value) {
  return value == 0 ? bindNull() : bind(value);
}

bool Statement::step() {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement);
    return false;
  }
  // Before the reset, which would take the words away.
  KJ_DEFER(sqlite3_reset(statement));
  database.fail(code, sqlite3_stmt_readonly(statement) ? "reading" : "writing");
}

void Statement::run() {
  while (step()) {
  }
}

int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement, column);
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

kj::StringPtr Statement::text(int column) const {
  auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (text == nullptr) return ""_kj;
  return kj::StringPtr(text, size_t(sqlite3_column_bytes(statement, column)));
}

kj::ArrayPtr<const kj::byte> Statement::blob(int column) const {
  auto* bytes = static_cast<const kj::byte*>(sqlite3_column_blob(statement, column));
  return kj::arrayPtr(bytes, size_t(sqlite3_column_bytes(statement, column)));
}

Transaction::Transaction(Database& database) : database(database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() noexcept {
  // A failure may have ended it already.
  if (open && database.inTransaction())
    sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database.execute("COMMIT");
  open = false;
}

}  // namespace portreeve::history
