// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/schema.h"

#include "common/clock.h"
#include "common/log.h"

#include <dirent.h>
#include <errno.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>

namespace portreeve::history {
namespace {

constexpr kj::StringPtr STEPS[] = {
    R"(
CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
INSERT INTO text VALUES(0, '');
CREATE TABLE executable(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE INDEX executable_name ON executable(name);
INSERT INTO executable VALUES(0, '', '');
CREATE TABLE program(
  id INTEGER PRIMARY KEY, digest INTEGER NOT NULL, executable INTEGER NOT NULL, name INTEGER NOT NULL,
  cmdline TEXT NOT NULL, user INTEGER NOT NULL, uid INTEGER NOT NULL, unit INTEGER NOT NULL,
  kind INTEGER NOT NULL, reason INTEGER NOT NULL);
CREATE INDEX program_digest ON program(digest);
CREATE TABLE life(id INTEGER PRIMARY KEY, started INTEGER NOT NULL UNIQUE);
CREATE TABLE connection(
  id INTEGER PRIMARY KEY, started INTEGER NOT NULL, ended INTEGER, direction INTEGER NOT NULL,
  protocol INTEGER NOT NULL, local BLOB NOT NULL, local_port INTEGER NOT NULL, remote BLOB NOT NULL,
  remote_port INTEGER NOT NULL, executable INTEGER NOT NULL, program INTEGER NOT NULL,
  pid INTEGER NOT NULL, uid INTEGER NOT NULL, parents INTEGER NOT NULL, method INTEGER NOT NULL,
  confidence INTEGER NOT NULL, domain INTEGER, named_by INTEGER NOT NULL, names INTEGER NOT NULL,
  action INTEGER NOT NULL, mark INTEGER NOT NULL, rule INTEGER NOT NULL, reason INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, interface INTEGER NOT NULL,
  flags INTEGER NOT NULL, icmp INTEGER NOT NULL, peer INTEGER, peer_parents INTEGER);
CREATE INDEX connection_started ON connection(started);
CREATE INDEX connection_executable ON connection(executable, started);
CREATE INDEX connection_domain ON connection(domain, started) WHERE domain IS NOT NULL;
CREATE TABLE query(
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, name INTEGER NOT NULL, type INTEGER NOT NULL,
  action INTEGER NOT NULL, rule INTEGER NOT NULL, executable INTEGER NOT NULL, user INTEGER NOT NULL,
  uid INTEGER NOT NULL);
CREATE INDEX query_time ON query(time);
CREATE INDEX query_name ON query(name, time);
CREATE INDEX query_executable ON query(executable, time);
CREATE TABLE gap(
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, connections INTEGER NOT NULL,
  queries INTEGER NOT NULL, reason TEXT NOT NULL);
)"_kj,
    // What else is known of a program: details.h.
    "ALTER TABLE program ADD COLUMN details INTEGER NOT NULL DEFAULT 0"_kj,
    R"(
CREATE TABLE question(
  id INTEGER PRIMARY KEY, number INTEGER NOT NULL, asked INTEGER NOT NULL, closed INTEGER,
  direction INTEGER NOT NULL, protocol INTEGER NOT NULL, remote BLOB NOT NULL, port INTEGER NOT NULL,
  executable INTEGER NOT NULL, program INTEGER NOT NULL, pid INTEGER NOT NULL, uid INTEGER NOT NULL,
  parents INTEGER NOT NULL, domain INTEGER, connections INTEGER NOT NULL, how INTEGER NOT NULL,
  action INTEGER NOT NULL, lifetime INTEGER NOT NULL, scope INTEGER NOT NULL, rule INTEGER NOT NULL,
  who INTEGER NOT NULL, UNIQUE(asked, number));
CREATE INDEX question_executable ON question(executable, asked);
)"_kj};

constexpr size_t MOST_DAMAGED = 3;
constexpr kj::StringPtr DAMAGED = ".damaged-"_kj;

bool exists(kj::StringPtr file) {
  return access(file.cStr(), F_OK) == 0;
}

void renameOver(kj::StringPtr from, kj::StringPtr to) {
  KJ_SYSCALL(rename(from.cStr(), to.cStr()), from, to);
}

void removeIfThere(kj::StringPtr file) {
  if (unlink(file.cStr()) != 0 && errno != ENOENT) KJ_FAIL_SYSCALL("unlink", errno, file);
}

kj::String keptName(kj::StringPtr file, int64_t version) {
  return kj::str(file, ".v", version);
}

int64_t versionOf(kj::StringPtr file) {
  if (!exists(file)) return 0;
  // Not read-only: a log that a crash left has to be taken in first.
  Database database(file, Database::Mode::READ_WRITE);
  auto version = database.number("PRAGMA user_version");
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return version;
}

void makeRoomForOlder(kj::StringPtr file, int64_t ours) {
  int64_t found = versionOf(file);
  if (found <= ours) return;
  auto aside = keptName(file, found);
  renameOver(file, aside);
  for (auto suffix : {"-wal"_kj, "-shm"_kj}) removeIfThere(kj::str(file, suffix));
  auto kept = keptName(file, ours);
  if (exists(kept)) renameOver(kept, file);
  log::warning(kj::str(aside, ": of a newer version (", found, "), kept; going on with ",
                       exists(file) ? "the one from before the upgrade" : "a new one"));
}

void keepCopy(Database& database, int64_t version) {
  auto kept = keptName(database.file(), version);
  removeIfThere(kept);
  Statement copy(database, "VACUUM INTO ?");
  copy.start().bind(kept).run();
  if (version > 1) removeIfThere(keptName(database.file(), version - 1));
}

void configure(Database& database) {
  // Before the first table; afterwards it has no effect.
  database.execute("PRAGMA auto_vacuum = INCREMENTAL");
  database.execute("PRAGMA journal_mode = WAL");
  // A crash of the machine may lose the last commits, never the database.
  database.execute("PRAGMA synchronous = NORMAL");
  database.execute("PRAGMA temp_store = MEMORY");
  database.execute("PRAGMA cache_size = -16384");
  database.execute("PRAGMA journal_size_limit = 67108864");
}

void migrate(Database& database, kj::ArrayPtr<const kj::StringPtr> steps) {
  int64_t version = database.number("PRAGMA user_version");
  if (version >= int64_t(steps.size())) return;
  if (version > 0) keepCopy(database, version);
  Transaction transaction(database);
  for (size_t step = size_t(version); step < steps.size(); step++) database.execute(steps[step]);
  database.execute(kj::str("PRAGMA user_version = ", steps.size()));
  transaction.commit();
}

void removeOldDamaged(kj::StringPtr file) {
  // Their names end in a time, so the oldest comes first.
  auto slash = KJ_ASSERT_NONNULL(file.findLast('/'));
  auto folder = kj::str(file.slice(0, slash));
  auto prefix = kj::str(file.slice(slash + 1), DAMAGED);
  kj::Vector<kj::String> found;
  DIR* listing = opendir(folder.cStr());
  if (listing == nullptr) return;
  KJ_DEFER(closedir(listing));
  while (dirent* entry = readdir(listing))
    if (kj::StringPtr(entry->d_name).startsWith(prefix))
      found.add(kj::str(folder, '/', entry->d_name));
  std::sort(found.begin(), found.end(),
            [](const kj::String& a, const kj::String& b) { return a < b; });
  for (size_t i = 0; i + MOST_DAMAGED < found.size(); i++) removeIfThere(found[i]);
}

}  // namespace

kj::ArrayPtr<const kj::StringPtr> schemaSteps() {
  return STEPS;
}

kj::Own<Database> openDatabase(kj::StringPtr file, kj::ArrayPtr<const kj::StringPtr> steps) {
  makeRoomForOlder(file, int64_t(steps.size()));
  auto database = kj::heap<Database>(file, Database::Mode::READ_WRITE);
  configure(*database);
  migrate(*database, steps);
  return database;
}

bool isDamaged(kj::StringPtr file) {
  if (!exists(file)) return false;
  bool damaged = false;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 Database database(file, Database::Mode::READ_WRITE);
                 KJ_ON_SCOPE_FAILURE(damaged = database.trouble() == Trouble::BROKEN);
                 database.number("SELECT count(*) FROM sqlite_schema");
                 if (database.number("PRAGMA user_version") > 0)
                   database.number("SELECT max(id) FROM connection");
               }))
    log::debug(kj::str("looking at the database: ", e->getDescription()));
  return damaged;
}

kj::String setAside(kj::StringPtr file, uint64_t nowWallNs) {
  auto aside = kj::str(file, DAMAGED, rfc3339(nowWallNs));
  renameOver(file, aside);
  for (auto suffix : {"-wal"_kj, "-shm"_kj}) removeIfThere(kj::str(file, suffix));
  removeOldDamaged(file);
  return aside;
}

}  // namespace portreeve::history
