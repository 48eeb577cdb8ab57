// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/filter.h"

#include "common/address.h"
#include "common/tuple.h"
#include "history/failure.h"

#include <stdlib.h>

namespace portreeve::history {
namespace {

constexpr kj::StringPtr ACTIONS[] = {"allow"_kj, "block"_kj, "drop"_kj, "gate17"_kj,
                                     "nameserver"_kj};
constexpr kj::StringPtr TIME_COLUMNS[] = {"started"_kj, "time"_kj, "time"_kj, "asked"_kj};
constexpr int MOST_EXECUTABLES = 64;
constexpr size_t LONGEST_TEXT = 4096;

kj::String checked(kj::StringPtr text, kj::StringPtr what) {
  if (text.size() > LONGEST_TEXT) fail(what, " is longer than ", LONGEST_TEXT, " bytes");
  return kj::str(text);
}

kj::String checkedAction(kj::StringPtr action) {
  if (action.size() == 0) return kj::String();
  for (auto known : ACTIONS)
    if (known == action) return kj::str(action);
  fail("action: \"", action, "\" is none; there are: ", kj::strArray(ACTIONS, ", "));
}

kj::Maybe<int64_t> parseDirection(kj::StringPtr text) {
  if (text.size() == 0) return nullptr;
  if (text == "out") return int64_t(0);
  if (text == "in") return int64_t(1);
  fail("direction: \"", text, "\" is neither out nor in");
}

int64_t requireTime(uint64_t ms) {
  if (ms > 1ull << 50) fail("a time lies too far ahead");
  return int64_t(ms);
}

kj::Array<kj::byte> bytesOf(const Address& address) {
  return kj::heapArray<kj::byte>(address.bytes.begin(), address.bytes.size());
}

kj::Array<kj::byte> lastOf(const Network& network) {
  auto bytes = bytesOf(network.base);
  for (size_t bit = network.prefix; bit < 128; bit++)
    bytes[bit / 8] = kj::byte(bytes[bit / 8] | (0x80 >> (bit % 8)));
  return bytes;
}

kj::String likePattern(kj::StringPtr suffix) {
  // What LIKE would read as a wildcard stands for itself.
  kj::Vector<char> out;
  out.add('%');
  for (char c : suffix) {
    if (c == '%' || c == '_' || c == '\\') out.add('\\');
    out.add(c);
  }
  return kj::heapString(out.begin(), out.size());
}

kj::Vector<int64_t> column(Statement& statement) {
  kj::Vector<int64_t> ids;
  while (statement.step()) ids.add(statement.number(0));
  return ids;
}

}  // namespace

kj::Maybe<Cursor> Cursor::parse(kj::StringPtr text) {
  Cursor cursor;
  const char* at = text.cStr();
  char* end = nullptr;
  if (*at < '0' || *at > '9' || text.size() > 40) return nullptr;
  cursor.time = strtoll(at, &end, 10);
  if (*end != '-' || end[1] < '0' || end[1] > '9') return nullptr;
  cursor.id = strtoll(end + 1, &end, 10);
  if (*end != 0) return nullptr;
  return cursor;
}

kj::String Cursor::toString() const {
  return kj::str(time, '-', id);
}

Filter::Filter(proto::HistoryFilter::Reader filter, const UserNames& users)
    : from(requireTime(filter.getSince())),
      to(requireTime(filter.getUntil())),
      program(checked(filter.getProgram(), "program")),
      unit(checked(filter.getUnit(), "unit")),
      action(checkedAction(filter.getAction())),
      domain(checked(filter.getDomain(), "domain")),
      rule(checked(filter.getRule(), "rule")),
      direction(parseDirection(filter.getDirection())),
      port(filter.getPort()),
      most(filter.getLimit() == 0 ? USUAL_LIMIT : kj::min(filter.getLimit(), MOST_LIMIT)),
      upwards(filter.getOldestFirst()) {
  readUser(filter.getUser(), users);
  readProtocol(filter.getProtocol());
  readRemote(filter.getRemote());
  if (filter.getCursor().size() > 0) {
    cursor = Cursor::parse(filter.getCursor());
    if (cursor == nullptr) fail("cursor: \"", filter.getCursor(), "\" did not come from here");
  }
}

void Filter::readUser(kj::StringPtr user, const UserNames& users) {
  if (user.size() == 0) return;
  KJ_IF_MAYBE (found, users.uidOf(user)) {
    uid = int64_t(*found);
    return;
  }
  fail("user: there is no \"", user, "\" on this machine: name it by number");
}

void Filter::readProtocol(kj::StringPtr text) {
  if (text.size() == 0) return;
  KJ_IF_MAYBE (found, parseProtocol(text)) {
    protocol = int64_t(*found);
    return;
  }
  fail("protocol: \"", text, "\" is not known: name it by number");
}

void Filter::readRemote(kj::StringPtr text) {
  if (text.size() == 0) return;
  KJ_IF_MAYBE (network, Network::parse(text)) {
    remote = Range{bytesOf(network->base), lastOf(*network)};
    return;
  }
  fail("remote: \"", text, "\" is neither an address nor a network");
}

void Filter::Where::bind(Statement& statement) const {
  for (auto& value : values) {
    KJ_SWITCH_ONEOF(value) {
      KJ_CASE_ONEOF(number, int64_t) statement.bind(number);
      KJ_CASE_ONEOF(text, kj::String) statement.bind(text);
      KJ_CASE_ONEOF(bytes, kj::Array<kj::byte>) statement.bind(bytes.asPtr());
    }
  }
}

class Filter::Builder {
public:
  template <typename... Values>
  void add(kj::String condition, Values&&... values) {
    conditions.add(kj::mv(condition));
    (where.values.add(Value(kj::fwd<Values>(values))), ...);
  }
  void ids(kj::StringPtr column, kj::ArrayPtr<const int64_t> ids) {
    // Numbers that we looked up ourselves: nothing of anybody's text.
    if (ids.size() == 1)
      add(kj::str(column, " = ", ids[0]));
    else
      add(kj::str(column, " IN (", kj::strArray(ids, ","), ')'));
  }
  void text(kj::StringPtr column, kj::StringPtr value) {
    if (value.size() == 0) return;
    add(kj::str(column, " = (SELECT id FROM text WHERE value = ?)"), kj::str(value));
  }
  void domain(kj::StringPtr column, kj::StringPtr pattern) {
    bool below = pattern.startsWith("*.");
    if (!below && !pattern.startsWith(".")) return text(column, pattern);
    auto suffix = pattern.slice(below ? 1 : 0);
    if (below)
      add(kj::str(column, " IN (SELECT id FROM text WHERE value LIKE ? ESCAPE '\\')"),
          likePattern(suffix));
    else
      add(kj::str(column, " IN (SELECT id FROM text WHERE value LIKE ? ESCAPE '\\' OR value = ?)"),
          likePattern(suffix), kj::str(suffix.slice(1)));
  }

  Where finish() {
    where.sql = conditions.empty() ? kj::str("1") : kj::strArray(conditions, " AND ");
    return kj::mv(where);
  }

private:
  Where where;
  kj::Vector<kj::String> conditions;
};

kj::Vector<int64_t> Filter::executables(Database& database) const {
  if (program.size() == 0) return {};
  bool isPath = program.startsWith("/");
  Statement find(database, kj::str("SELECT id FROM executable WHERE ", isPath ? "path" : "name",
                                   " = ? LIMIT ", MOST_EXECUTABLES));
  find.start().bind(program);
  return column(find);
}

bool Filter::appliesToQueries() const {
  return unit.size() == 0 && direction == nullptr && protocol == nullptr && remote == nullptr &&
         port == 0;
}

Filter::Where Filter::where(Database& database, Table table) const {
  Builder builder;
  auto time = TIME_COLUMNS[size_t(table)];
  if (from != 0) builder.add(kj::str(time, " >= ?"), from);
  if (to != 0) builder.add(kj::str(time, " < ?"), to);
  if (table == Table::GAP) return builder.finish();
  if (program.size() > 0) builder.ids("executable", executables(database));
  KJ_IF_MAYBE (value, uid) builder.add(kj::str("uid = ?"), *value);
  builder.text("action", action);
  builder.text("rule", rule);
  builder.domain(table == Table::QUERY ? "name" : "domain", domain);
  if (table == Table::QUESTION) {
    if (!appliesToQueries())
      fail("questions are found by program, user, action, domain and rule alone");
    return builder.finish();
  }
  if (table == Table::QUERY) {
    if (!appliesToQueries())
      fail("names that were asked for have no unit, direction, protocol, remote address or port");
    return builder.finish();
  }
  if (unit.size() > 0)
    builder.add(kj::str("program IN (SELECT id FROM program WHERE unit = "
                        "(SELECT id FROM text WHERE value = ?))"),
                kj::str(unit));
  KJ_IF_MAYBE (value, direction) builder.add(kj::str("direction = ?"), *value);
  KJ_IF_MAYBE (value, protocol) builder.add(kj::str("protocol = ?"), *value);
  KJ_IF_MAYBE (range, remote)
    builder.add(kj::str("remote BETWEEN ? AND ?"), kj::heapArray(range->first.asPtr()),
                kj::heapArray(range->last.asPtr()));
  if (port != 0)
    builder.add(kj::str("CASE direction WHEN 0 THEN remote_port ELSE local_port END = ?"),
                int64_t(port));
  return builder.finish();
}

Filter::Where Filter::place(Table table) const {
  Builder builder;
  KJ_IF_MAYBE (at, cursor)
    builder.add(kj::str('(', TIME_COLUMNS[size_t(table)], ", id) ", upwards ? '>' : '<', " (?, ?)"),
                at->time, at->id);
  return builder.finish();
}

bool Filter::empty() const {
  return from == 0 && to == 0 && program.size() == 0 && unit.size() == 0 && action.size() == 0 &&
         domain.size() == 0 && rule.size() == 0 && uid == nullptr && direction == nullptr &&
         protocol == nullptr && remote == nullptr && port == 0;
}

}  // namespace portreeve::history
