// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/queries.h"

#include "common/marks.h"
#include "common/tuple.h"
#include "history/failure.h"
#include "history/past-facts.h"
#include "history/row.h"
#include "history/schema.h"
#include "history/texts.h"
#include "history/time-text.h"
#include "proto/history.capnp.h"

#include <kj/vector.h>

namespace portreeve::history {
namespace {

namespace view = proto::view;

constexpr size_t ROUGH_ROW_BYTES = 700;

void fillPrompt(proto::PromptRecord::Builder to, const Statement& row, Texts& texts) {
  to.setId(double(row.number(2)));
  to.setAsked(timeText(row.number(1)));
  to.setClosed(row.isNull(3) ? kj::String() : timeText(row.number(3)));
  to.setDirection(row.number(4) == 1 ? "in" : "out");
  auto there = to.initDestination();
  there.setProtocol(protocolText(uint8_t(row.number(5))));
  there.setAddress(addressOf(row.blob(6)).toString());
  there.setPort(uint16_t(row.number(7)));
  fillProgram(to.initProgram(), texts, row.number(8), row.number(9), row.number(10), 0, 0);
  to.setDomain(row.isNull(11) ? ""_kj : texts.text(row.number(11)));
  to.setConnections(double(row.number(12)));
  to.setHow(texts.text(row.number(13)));
  to.setAction(texts.text(row.number(14)));
  to.setLifetime(texts.text(row.number(15)));
  to.setScope(texts.text(row.number(16)));
  to.setRule(texts.text(row.number(17)));
  to.setWho(texts.text(row.number(18)));
}

void fillQuery(view::NameQuery::Builder to, const Statement& row, Texts& texts) {
  to.setTime(timeText(row.number(1)));
  to.setName(texts.text(row.number(2)));
  to.setType(texts.text(row.number(3)));
  to.setAction(texts.text(row.number(4)));
  to.setRule(texts.text(row.number(5)));
  to.setProgram(texts.executable(row.number(6)));
  to.setUser(texts.text(row.number(7)));
  to.setUid(uint32_t(row.number(8)));
}

kj::String orderedBy(kj::StringPtr time, const Filter& filter) {
  auto way = filter.oldestFirst() ? "ASC"_kj : "DESC"_kj;
  return kj::str(" ORDER BY ", time, ' ', way, ", id ", way, " LIMIT ", filter.limit() + 1);
}

struct Sql {
  kj::String text;
  kj::Vector<Filter::Where> parts;

  Statement prepare(Database& database) const {
    Statement statement(database, text);
    statement.start();
    for (auto& part : parts) part.bind(statement);
    return statement;
  }
};

Sql rowsOf(Database& database, const Filter& filter, Filter::Table table, kj::StringPtr columns,
           kj::StringPtr from, kj::StringPtr time) {
  // Several programs of one name: each by its own index, newest first, then put together; one query
  // over all of them would sort everything they ever did.
  kj::Vector<kj::String> conditions;
  auto programs = filter.executables(database);
  if (filter.namesProgram() && programs.size() > 1) {
    for (int64_t program : programs) conditions.add(kj::str(" AND executable = ", program));
  } else {
    conditions.add(kj::String());
  }
  Sql sql;
  kj::Vector<kj::String> pieces;
  auto order = orderedBy(time, filter);
  for (auto& condition : conditions) {
    auto where = filter.where(database, table);
    auto place = filter.place(table);
    auto one = kj::str("SELECT ", columns, " FROM ", from, " WHERE ", where.sql, " AND ", place.sql,
                       condition, order);
    pieces.add(conditions.size() == 1 ? kj::mv(one) : kj::str("SELECT * FROM (", one, ')'));
    sql.parts.add(kj::mv(where));
    sql.parts.add(kj::mv(place));
  }
  sql.text =
      pieces.size() == 1 ? kj::mv(pieces[0]) : kj::str(kj::strArray(pieces, " UNION ALL "), order);
  return sql;
}

template <typename Row>
class Found {
  // One page of rows. Each query begins with the row's number and its time: the cursor.
public:
  template <typename Fits, typename Fill>
  Found(Database& database, const Filter& filter, const Sql& sql, Fits&& fits, Fill&& fill) {
    auto row = sql.prepare(database);
    Texts texts(database);
    auto orphanage = scratch.getOrphanage();
    while (row.step()) {
      if (rows.size() == filter.limit() || !fits(row, texts)) {
        more = true;
        break;
      }
      auto one = orphanage.newOrphan<Row>();
      fill(one.get(), row, texts);
      last = Cursor{row.number(STARTED), row.number(ID)};
      rows.add(kj::mv(one));
    }
  }

  uint size() const { return uint(rows.size()); }

  template <typename Page>
  void fill(Page page, typename capnp::List<Row>::Builder list) {
    for (uint i = 0; i < list.size(); i++) list.setWithCaveats(i, rows[i].getReader());
    if (more) page.setNext(last.toString());
  }

private:
  capnp::MallocMessageBuilder scratch;
  kj::Vector<capnp::Orphan<Row>> rows;
  Cursor last;
  bool more = false;
};

bool anyFits(const Statement&, Texts&) {
  return true;
}

struct GroupKey {
  kj::StringPtr word;
  kj::StringPtr expression;
  enum class Kind : uint8_t { TEXT, EXECUTABLE, ADDRESS, TIME, UID } kind;
  int64_t unit = 0;  // TIME: ms
};

constexpr int64_t HOUR_MS = 3'600'000;
constexpr GroupKey GROUP_KEYS[] = {
    {"program"_kj, "executable"_kj, GroupKey::Kind::EXECUTABLE},
    {"domain"_kj, "ifnull(domain, 0)"_kj, GroupKey::Kind::TEXT},
    {"remote"_kj, "remote"_kj, GroupKey::Kind::ADDRESS},
    {"user"_kj, "uid"_kj, GroupKey::Kind::UID},
    {"rule"_kj, "rule"_kj, GroupKey::Kind::TEXT},
    {"action"_kj, "action"_kj, GroupKey::Kind::TEXT},
    {"hour"_kj, "started / 3600000"_kj, GroupKey::Kind::TIME, HOUR_MS},
    {"day"_kj, "started / 86400000"_kj, GroupKey::Kind::TIME, 24 * HOUR_MS}};

const GroupKey& requireKey(kj::StringPtr by) {
  kj::Vector<kj::StringPtr> known;
  for (auto& key : GROUP_KEYS) {
    if (key.word == by) return key;
    known.add(key.word);
  }
  fail("by: \"", by, "\" is not known; there are: ", kj::strArray(known, ", "));
}

kj::String userText(Database& database, int64_t uid) {
  if (uid == 0xffffffff) return kj::String();
  Statement find(database,
                 "SELECT value FROM program JOIN text ON text.id = program.user WHERE uid = ? AND "
                 "user <> 0 LIMIT 1");
  if (find.start().bind(uid).step()) return kj::str(find.text(0));
  return kj::str(uid);
}

kj::String keyText(Database& database, const GroupKey& key, const Statement& row, Texts& texts) {
  switch (key.kind) {
    case GroupKey::Kind::TEXT:
      return kj::str(texts.text(row.number(0)));
    case GroupKey::Kind::EXECUTABLE:
      return kj::str(texts.executable(row.number(0)));
    case GroupKey::Kind::ADDRESS:
      return addressOf(row.blob(0)).toString();
    case GroupKey::Kind::TIME:
      return timeText(row.number(0) * key.unit);
    case GroupKey::Kind::UID:
      return userText(database, row.number(0));
  }
  return kj::String();
}

}  // namespace

void fillConnection(view::Connection::Builder to, const Statement& row, Texts& texts,
                    int64_t openLife) {
  int64_t id = row.number(ID);
  bool open = row.isNull(ENDED) && openLife != 0 && (id >> LIFE_SHIFT) == openLife;
  to.setId(double(id));
  to.setTime(timeText(row.number(STARTED)));
  to.setDirection(row.number(DIRECTION) == 1 ? "in" : "out");
  to.setProtocol(protocolText(uint8_t(row.number(PROTOCOL))));
  auto local = to.initLocal();
  local.setAddress(addressOf(row.blob(LOCAL)).toString());
  local.setPort(uint16_t(row.number(LOCAL_PORT)));
  auto remote = to.initRemote();
  remote.setAddress(addressOf(row.blob(REMOTE)).toString());
  remote.setPort(uint16_t(row.number(REMOTE_PORT)));
  to.setDomain(texts.text(row.number(DOMAIN)));
  fillProgram(to.initProcess(), texts, row.number(PROGRAM), row.number(PID), row.number(PARENTS),
              row.number(METHOD), row.number(CONFIDENCE));
  auto verdict = to.initVerdict();
  verdict.setAction(texts.text(row.number(ACTION)));
  verdict.setMark(uint32_t(row.number(MARK)));
  verdict.setRule(texts.text(row.number(RULE)));
  verdict.setReason(texts.text(row.number(REASON)));
  verdict.setWay("");  // which way of Gate17 it took is not kept
  to.setBytesIn(double(row.number(BYTES_IN)));
  to.setBytesOut(double(row.number(BYTES_OUT)));
  to.setState(!open ? "ended" : isRefusal(verdict.getAction()) ? "refused" : "open");
  to.setEnded(timeText(row.number(ENDED)));
  if (row.number(NAMED_BY) != 0) to.setNamedBy(texts.text(row.number(NAMED_BY)));
}

int64_t newestLife(Database& database) {
  return database.number("SELECT max(id) FROM life");
}

Answer findConnections(Database& database, const Filter& filter, int64_t openLife) {
  auto sql = rowsOf(database, filter, Filter::Table::CONNECTION, COLUMNS, "connection", "started");
  size_t bytes = 0;
  auto fits = [&](const Statement& row, Texts& texts) {
    bytes += ROUGH_ROW_BYTES + texts.program(row.number(PROGRAM)).cmdline.size();
    return bytes <= LARGEST_ANSWER;
  };
  auto fill = [&](view::Connection::Builder one, const Statement& row, Texts& texts) {
    fillConnection(one, row, texts, openLife);
  };
  Found<view::Connection> found(database, filter, sql, fits, fill);
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto page = answer->initRoot<view::ConnectionPage>();
  found.fill(page, page.initConnections(found.size()));
  page.setTotal(-1);
  return answer;
}

Answer findQueries(Database& database, const Filter& filter) {
  auto sql = rowsOf(database, filter, Filter::Table::QUERY,
                    "id, time, name, type, action, rule, executable, user, uid", "query", "time");
  Found<view::NameQuery> found(database, filter, sql, anyFits, fillQuery);
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto page = answer->initRoot<view::NameQueryPage>();
  found.fill(page, page.initQueries(found.size()));
  return answer;
}

Answer findPrompts(Database& database, const Filter& filter) {
  auto sql = rowsOf(database, filter, Filter::Table::QUESTION,
                    "id, asked, number, closed, direction, protocol, remote, port, program, pid, "
                    "parents, domain, connections, how, action, lifetime, scope, rule, who",
                    "question", "asked");
  Found<proto::PromptRecord> found(database, filter, sql, anyFits, fillPrompt);
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto page = answer->initRoot<proto::PromptRecordPage>();
  found.fill(page, page.initPrompts(found.size()));
  return answer;
}

Answer summarize(Database& database, const Filter& filter, kj::StringPtr by) {
  auto& key = requireKey(by);
  auto where = filter.where(database, Filter::Table::CONNECTION);
  bool byTime = key.kind == GroupKey::Kind::TIME;
  // The newest hours, then oldest first: what a graph wants.
  auto sql = kj::str("SELECT ", key.expression,
                     " AS key, count(*) AS n, sum(action IN (SELECT id FROM text WHERE "
                     "value IN ('block', 'drop'))), sum(bytes_in), sum(bytes_out), min(started), "
                     "max(started) FROM "
                     "connection WHERE ",
                     where.sql, " GROUP BY key ORDER BY ", byTime ? "key DESC" : "n DESC, key",
                     " LIMIT ", filter.limit());
  if (byTime) sql = kj::str("SELECT * FROM (", sql, ") ORDER BY key");
  Statement row(database, sql);
  where.bind(row.start());
  Texts texts(database);
  capnp::MallocMessageBuilder scratch;
  auto orphanage = scratch.getOrphanage();
  kj::Vector<capnp::Orphan<view::HistoryGroup>> found;
  while (row.step()) {
    auto orphan = orphanage.newOrphan<view::HistoryGroup>();
    auto group = orphan.get();
    group.setKey(keyText(database, key, row, texts));
    group.setConnections(double(row.number(1)));
    group.setRefused(double(row.number(2)));
    group.setBytesIn(double(row.number(3)));
    group.setBytesOut(double(row.number(4)));
    group.setFirst(timeText(row.number(5)));
    group.setLast(timeText(row.number(6)));
    found.add(kj::mv(orphan));
  }
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto list = answer->initRoot<proto::History::SummaryResults>().initGroups(uint(found.size()));
  for (uint i = 0; i < list.size(); i++) list.setWithCaveats(i, found[i].getReader());
  return answer;
}

Answer findGaps(Database& database, const Filter& filter) {
  auto where = filter.where(database, Filter::Table::GAP);
  Statement row(database, kj::str("SELECT time, connections, queries, reason FROM gap WHERE ",
                                  where.sql, orderedBy("time", filter)));
  where.bind(row.start());
  auto answer = kj::heap<capnp::MallocMessageBuilder>();
  auto results = answer->initRoot<proto::History::GapsResults>();
  struct Gap {
    int64_t time, connections, queries;
    kj::String reason;
  };
  kj::Vector<Gap> found;
  while (row.step() && found.size() < filter.limit())
    found.add(Gap{row.number(0), row.number(1), row.number(2), kj::str(row.text(3))});
  auto list = results.initGaps(uint(found.size()));
  for (uint i = 0; i < list.size(); i++) {
    list[i].setTime(timeText(found[i].time));
    list[i].setConnections(double(found[i].connections));
    list[i].setQueries(double(found[i].queries));
    list[i].setReason(found[i].reason);
  }
  return answer;
}

}  // namespace portreeve::history
