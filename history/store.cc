// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/store.h"

#include "common/address.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tuple.h"
#include "history/details.h"
#include "history/row.h"
#include "history/schema.h"
#include "history/time-text.h"

#include <kj/debug.h>

#include <functional>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t MOST_REMEMBERED = 20'000;  // ids, each of the three caches
constexpr int64_t ROWS_A_PIECE = 5'000;     // forgotten in one transaction
constexpr int64_t PAGES_A_PIECE = 4096;     // given back to the file system at a time
constexpr int64_t DAY_MS = 86'400'000;

std::string_view viewOf(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

int64_t digestOf(std::string_view key) {
  // Only ever compared within one database that this build wrote; a collision costs a comparison.
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return int64_t(hash);
}

void remember(std::unordered_map<std::string, int64_t>& cache, std::string key, int64_t id) {
  if (cache.size() >= MOST_REMEMBERED) cache.clear();
  cache.emplace(std::move(key), id);
}

kj::Array<kj::byte> addressBytes(kj::StringPtr text) {
  Address address;
  KJ_IF_MAYBE (parsed, Address::parse(text)) address = *parsed;
  return kj::heapArray<kj::byte>(address.bytes.begin(), address.bytes.size());
}

}  // namespace

Store::Store(kj::Own<Database> opened)
    : database(kj::mv(opened)),
      findText(*database, "SELECT id FROM text WHERE value = ?"),
      addText(*database, "INSERT INTO text(value) VALUES(?)"),
      findExecutable(*database, "SELECT id FROM executable WHERE path = ?"),
      addExecutable(*database, "INSERT INTO executable(path, name) VALUES(?, ?)"),
      findProgram(
          *database,
          "SELECT id FROM program WHERE digest = ? AND executable = ? AND name = ? AND "
          "cmdline = ? AND user = ? AND uid = ? AND unit = ? AND kind = ? AND reason = ? AND "
          "details = ?"),
      addProgram(*database,
                 "INSERT INTO program(digest, executable, name, cmdline, user, uid, unit, kind, "
                 "reason, details) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      putConnection(*database, PUT_CONNECTION),
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
  texts.clear();
  executables.clear();
  programs.clear();
}

int64_t Store::idOf(kj::StringPtr text) {
  if (text.size() == 0) return 0;
  std::string key(viewOf(text));
  auto known = texts.find(key);
  if (known != texts.end()) return known->second;
  int64_t id = 0;
  if (findText.start().bind(text).step()) {
    id = findText.number(0);
    findText.start();
  } else {
    addText.start().bind(text).run();
    id = database->lastId();
  }
  remember(texts, std::move(key), id);
  return id;
}

int64_t Store::executableOf(kj::StringPtr path) {
  if (path.size() == 0) return 0;
  std::string key(viewOf(path));
  auto known = executables.find(key);
  if (known != executables.end()) return known->second;
  int64_t id = 0;
  if (findExecutable.start().bind(path).step()) {
    id = findExecutable.number(0);
    findExecutable.start();
  } else {
    kj::StringPtr last = path;
    KJ_IF_MAYBE (slash, path.findLast('/')) last = path.slice(*slash + 1);
    addExecutable.start().bind(path).bind(last).run();
    id = database->lastId();
  }
  remember(executables, std::move(key), id);
  return id;
}

int64_t Store::programOf(view::Program::Reader program) {
  auto details = detailsOf(program);
  auto joined = kj::str(program.getPath(), '\0', program.getName(), '\0', program.getCmdline(),
                        '\0', program.getUser(), '\0', program.getUid(), '\0', program.getUnit(),
                        '\0', program.getKind(), '\0', program.getReason(), '\0', details);
  std::string key(viewOf(joined));
  auto known = programs.find(key);
  if (known != programs.end()) return known->second;
  int64_t digest = digestOf(key);
  auto bindAll = [&](Statement& statement) -> Statement& {
    int64_t executable = executableOf(program.getPath());
    int64_t name = idOf(program.getName()), user = idOf(program.getUser());
    int64_t unit = idOf(program.getUnit()), kind = idOf(program.getKind());
    int64_t reason = idOf(program.getReason()), more = idOf(details);
    return statement.start()
        .bind(digest)
        .bind(executable)
        .bind(name)
        .bind(kj::StringPtr(program.getCmdline()))
        .bind(user)
        .bind(int64_t(program.getUid()))
        .bind(unit)
        .bind(kind)
        .bind(reason)
        .bind(more);
  };
  int64_t id = 0;
  if (bindAll(findProgram).step()) {
    id = findProgram.number(0);
    findProgram.start();
  } else {
    bindAll(addProgram).run();
    id = database->lastId();
  }
  remember(programs, std::move(key), id);
  return id;
}

int64_t Store::parentsOf(view::Program::Reader program) {
  kj::Vector<kj::String> lines;
  for (auto parent : program.getParents())
    lines.add(kj::str(parent.getPid(), ' ', parent.getPath()));
  return idOf(kj::strArray(lines, "\n"));
}

int64_t Store::namesOf(proto::Recorded::Reader recorded) {
  kj::Vector<kj::String> lines;
  for (auto name : recorded.getNames()) lines.add(kj::str(name.getSource(), ' ', name.getName()));
  return idOf(kj::strArray(lines, "\n"));
}

void Store::put(proto::Recorded::Reader recorded) {
  auto connection = recorded.getConnection();
  auto process = connection.getProcess();
  auto verdict = connection.getVerdict();
  int64_t executable = executableOf(process.getPath());
  int64_t program = programOf(process);
  int64_t parents = parentsOf(process), names = namesOf(recorded);
  int64_t method = idOf(process.getMethod()), confidence = idOf(process.getConfidence());
  int64_t domain = idOf(connection.getDomain()), namedBy = idOf(connection.getNamedBy());
  int64_t action = idOf(verdict.getAction()), rule = idOf(verdict.getRule());
  int64_t reason = idOf(verdict.getReason()), interface = idOf(recorded.getInterface());
  int64_t peer = 0, peerParents = 0;
  if (recorded.hasPeer()) {
    peer = programOf(recorded.getPeer());
    peerParents = parentsOf(recorded.getPeer());
  }
  auto& row = putConnection.start();
  row.bind((life << LIFE_SHIFT) + int64_t(recorded.getFlow()));
  row.bind(int64_t(recorded.getStarted() / 1'000'000));
  if (recorded.getEnded() == 0)
    row.bindNull();
  else
    row.bind(int64_t(recorded.getEnded() / 1'000'000));
  row.bind(int64_t(connection.getDirection() == "in" ? 1 : 0));
  row.bind(int64_t(parseProtocol(connection.getProtocol()).orDefault(0)));
  row.bind(addressBytes(connection.getLocal().getAddress()).asPtr());
  row.bind(int64_t(connection.getLocal().getPort()));
  row.bind(addressBytes(connection.getRemote().getAddress()).asPtr());
  row.bind(int64_t(connection.getRemote().getPort()));
  row.bind(executable).bind(program).bind(int64_t(process.getPid()));
  row.bind(int64_t(process.getUid())).bind(parents).bind(method).bind(confidence);
  if (domain == 0)
    row.bindNull();
  else
    row.bind(domain);
  row.bind(namedBy).bind(names).bind(action).bind(int64_t(verdict.getMark()));
  row.bind(rule).bind(reason);
  row.bind(int64_t(connection.getBytesIn())).bind(int64_t(connection.getBytesOut()));
  row.bind(interface);
  row.bind(int64_t((recorded.getLoopback() ? FLAG_LOOPBACK : 0) |
                   (recorded.getEstablishedBefore() ? FLAG_ESTABLISHED_BEFORE : 0)));
  row.bind(int64_t(recorded.getIcmpType() << 8 | recorded.getIcmpCode()));
  if (peer == 0)
    row.bindNull().bindNull();
  else
    row.bind(peer).bind(peerParents);
  row.run();
}

void Store::put(capnp::List<proto::Recorded>::Reader changed) {
  for (auto recorded : changed) put(recorded);
}

void Store::put(capnp::List<view::NameQuery>::Reader asked) {
  for (auto query : asked) {
    int64_t name = idOf(query.getName()), type = idOf(query.getType());
    int64_t action = idOf(query.getAction()), rule = idOf(query.getRule());
    int64_t executable = executableOf(query.getProgram()), user = idOf(query.getUser());
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
  int64_t executable = executableOf(program.getPath()), known = programOf(program);
  int64_t parents = parentsOf(program), domain = idOf(prompt.getDomain());
  int64_t how = idOf(prompt.getHow()), action = idOf(prompt.getAction());
  int64_t lifetime = idOf(prompt.getLifetime()), scope = idOf(prompt.getScope());
  int64_t rule = idOf(prompt.getRule()), who = idOf(prompt.getWho());
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
  if (domain == 0)
    row.bindNull();
  else
    row.bind(domain);
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
