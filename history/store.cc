// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/store.h"

#include "common/address.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tuple.h"
#include "history/schema.h"
#include "history/time-text.h"

#include <kj/debug.h>

#include <functional>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr int64_t ROWS_A_PIECE = 5'000;  // forgotten in one transaction
constexpr int64_t PAGES_A_PIECE = 4096;  // given back to the file system at a time
constexpr int64_t DAY_MS = 86'400'000;

kj::Array<kj::byte> addressBytes(kj::StringPtr text) {
  Address address;
  KJ_IF_MAYBE (parsed, Address::parse(text)) address = *parsed;
  return kj::heapArray<kj::byte>(address.bytes.begin(), address.bytes.size());
}

}  // namespace

Store::Store(kj::Own<Database> opened)
    : database(kj::mv(opened)),
      dictionary(*database),
      connections(*database, dictionary),
      putQuery(*database,
               "INSERT INTO query(time, name, type, action, rule, executable, user, uid) "
               "VALUES(?, ?, ?, ?, ?, ?, ?, ?)"),
      putGapRow(*database,
                "INSERT INTO gap(time, connections, queries, reason) VALUES(?, ?, ?, ?)"),
      putQuestion(*database,
                  "INSERT OR REPLACE INTO question(number, asked, closed, direction, protocol, "
                  "remote, port, executable, program, pid, uid, parents, domain, connections, how, "
                  "action, lifetime, scope, rule, who) "
                  "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") {}

void Store::beginLife(uint64_t lifeOfPolicy) {
  Statement find(*database, "SELECT id FROM life WHERE started = ?");
  if (find.start().bind(int64_t(lifeOfPolicy)).step()) {
    life = find.number(0);
    return;
  }
  Statement add(*database, "INSERT INTO life(started) VALUES(?)");
  add.start().bind(int64_t(lifeOfPolicy)).run();
  life = database->lastId();
}

void Store::forgetCaches() {
  dictionary.forget();
}

void Store::put(proto::ConnectionBatch::Reader batch) {
  connections.put(life << LIFE_SHIFT, batch);
}

void Store::put(capnp::List<view::NameQuery>::Reader asked) {
  for (auto query : asked) {
    int64_t name = dictionary.textId(query.getName()), type = dictionary.textId(query.getType());
    int64_t action = dictionary.textId(query.getAction()),
            rule = dictionary.textId(query.getRule());
    int64_t executable = dictionary.executableId(query.getProgram()),
            user = dictionary.textId(query.getUser());
    putQuery.start()
        .bind(parseTimeMs(query.getTime()).orDefault(0))
        .bind(name)
        .bind(type)
        .bind(action)
        .bind(rule)
        .bind(executable)
        .bind(user)
        .bind(int64_t(query.getUid()))
        .run();
  }
}

void Store::put(proto::PromptRecord::Reader prompt) {
  auto program = prompt.getProgram();
  auto there = prompt.getDestination();
  int64_t executable = dictionary.executableId(program.getPath()),
          known = dictionary.programId(program);
  int64_t parents = dictionary.parentsId(program), domain = dictionary.textId(prompt.getDomain());
  int64_t how = dictionary.textId(prompt.getHow()), action = dictionary.textId(prompt.getAction());
  int64_t lifetime = dictionary.textId(prompt.getLifetime()),
          scope = dictionary.textId(prompt.getScope());
  int64_t rule = dictionary.textId(prompt.getRule()), who = dictionary.textId(prompt.getWho());
  auto& row = putQuestion.start();
  row.bind(int64_t(prompt.getId())).bind(parseTimeMs(prompt.getAsked()).orDefault(0));
  if (prompt.getClosed().size() == 0)
    row.bindNull();
  else
    row.bind(parseTimeMs(prompt.getClosed()).orDefault(0));
  row.bind(int64_t(prompt.getDirection() == "in" ? 1 : 0));
  row.bind(int64_t(parseProtocol(there.getProtocol()).orDefault(0)));
  row.bind(addressBytes(there.getAddress()).asPtr()).bind(int64_t(there.getPort()));
  row.bind(executable).bind(known).bind(int64_t(program.getPid()));
  row.bind(int64_t(program.getUid())).bind(parents);
  row.bindOrNull(domain);
  row.bind(int64_t(prompt.getConnections())).bind(how).bind(action).bind(lifetime);
  row.bind(scope).bind(rule).bind(who).run();
}

void Store::put(capnp::List<proto::PromptRecord>::Reader changed) {
  for (auto prompt : changed) put(prompt);
}

void Store::putGap(uint64_t connections, uint64_t queries, kj::StringPtr reason,
                   uint64_t nowWallNs) {
  putGapRow.start()
      .bind(int64_t(nowWallNs / 1'000'000))
      .bind(int64_t(connections))
      .bind(int64_t(queries))
      .bind(reason)
      .run();
}

int64_t Store::fileBytes() {
  return database->number("PRAGMA page_count") * database->number("PRAGMA page_size");
}

int64_t Store::removeBefore(int64_t timeMs, kj::StringPtr table, kj::StringPtr column) {
  Transaction transaction(*database);
  Statement remove(*database,
                   kj::str("DELETE FROM ", table, " WHERE id IN (SELECT id FROM ", table, " WHERE ",
                           column, " < ? ORDER BY ", column, " LIMIT ", ROWS_A_PIECE, ')'));
  remove.start().bind(timeMs).run();
  int64_t removed = database->changes();
  transaction.commit();
  return removed;
}

Pruned Store::prune(const Bounds& bounds, uint64_t nowWallNs) {
  int64_t now = int64_t(nowWallNs / 1'000'000);
  int64_t oldest = now - int64_t(bounds.keepDays) * DAY_MS;
  int64_t used = fileBytes() -
                 database->number("PRAGMA freelist_count") * database->number("PRAGMA page_size");
  // What is too much is forgotten by time, not by table: the past ends at one place.
  bool tooLarge = used > int64_t(bounds.maxBytes);
  if (tooLarge) {
    int64_t first = database->number("SELECT min(started) FROM connection");
    oldest = kj::max(oldest, database->number(kj::str(
                                 "SELECT max(started) FROM (SELECT started FROM connection ORDER "
                                 "BY started LIMIT ",
                                 ROWS_A_PIECE, ')')) +
                                 1);
    if (first == 0)
      oldest = kj::max(oldest, database->number("SELECT min(time) FROM query") + DAY_MS);
  }
  Pruned pruned;
  pruned.connections = removeBefore(oldest, "connection", "started");
  pruned.queries = removeBefore(oldest, "query", "time");
  removeBefore(oldest, "gap", "time");
  removeBefore(oldest, "question", "asked");
  database->execute(kj::str("PRAGMA incremental_vacuum(", PAGES_A_PIECE, ')'));
  pruned.more = pruned.connections == ROWS_A_PIECE || pruned.queries == ROWS_A_PIECE ||
                (tooLarge && pruned.connections + pruned.queries > 0) ||
                database->number("PRAGMA freelist_count") > PAGES_A_PIECE;
  return pruned;
}

void Store::tidy() {
  forgetCaches();
  Transaction transaction(*database);
  database->execute(
      "DELETE FROM program WHERE id NOT IN (SELECT program FROM connection UNION SELECT peer FROM "
      "connection WHERE peer IS NOT NULL UNION SELECT program FROM question);"
      "DELETE FROM executable WHERE id <> 0 AND id NOT IN (SELECT executable FROM program UNION "
      "SELECT executable FROM query UNION SELECT executable FROM question);"
      "DELETE FROM text WHERE id <> 0 AND id NOT IN ("
      "SELECT name FROM program UNION SELECT user FROM program UNION SELECT unit FROM program "
      "UNION "
      "SELECT kind FROM program UNION SELECT reason FROM program UNION SELECT details FROM "
      "program UNION SELECT parents FROM connection UNION SELECT method FROM connection UNION "
      "SELECT confidence FROM connection "
      "UNION "
      "SELECT domain FROM connection WHERE domain IS NOT NULL UNION SELECT named_by FROM "
      "connection "
      "UNION SELECT names FROM connection UNION SELECT action FROM connection UNION SELECT rule "
      "FROM connection UNION SELECT reason FROM connection UNION SELECT interface FROM connection "
      "UNION SELECT peer_parents FROM connection WHERE peer_parents IS NOT NULL UNION SELECT name "
      "FROM query UNION SELECT type FROM query UNION SELECT action FROM query UNION SELECT rule "
      "FROM query UNION SELECT user FROM query UNION SELECT parents FROM question UNION SELECT "
      "domain FROM question WHERE domain IS NOT NULL UNION SELECT how FROM question UNION SELECT "
      "action FROM question UNION SELECT lifetime FROM question UNION SELECT scope FROM question "
      "UNION SELECT rule FROM question UNION SELECT who FROM question)");
  transaction.commit();
  database->execute("PRAGMA optimize");
}

Pruned Store::purge(const Filter& filter) {
  database->execute("PRAGMA secure_delete = ON");
  KJ_DEFER(database->execute("PRAGMA secure_delete = OFF"));
  Pruned purged;
  {
    Transaction transaction(*database);
    auto connections = filter.where(*database, Filter::Table::CONNECTION);
    Statement remove(*database, kj::str("DELETE FROM connection WHERE ", connections.sql));
    connections.bind(remove.start());
    remove.run();
    purged.connections = database->changes();
    if (filter.appliesToQueries()) {
      auto queries = filter.where(*database, Filter::Table::QUERY);
      Statement removeQueries(*database, kj::str("DELETE FROM query WHERE ", queries.sql));
      queries.bind(removeQueries.start());
      removeQueries.run();
      purged.queries = database->changes();
      auto questions = filter.where(*database, Filter::Table::QUESTION);
      Statement removeQuestions(*database, kj::str("DELETE FROM question WHERE ", questions.sql));
      questions.bind(removeQuestions.start());
      removeQuestions.run();
    }
    transaction.commit();
  }
  tidy();
  database->execute("PRAGMA incremental_vacuum");
  database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return purged;
}

}  // namespace portreeve::history
