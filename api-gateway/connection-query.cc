// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/connection-query.h"

#include <string.h>

#include <algorithm>

namespace portreeve::gateway {
namespace {

namespace view = proto::view;

constexpr kj::StringPtr ACTIONS[] = {"allow"_kj, "block"_kj, "drop"_kj, "gate17"_kj,
                                     "nameserver"_kj};
constexpr kj::StringPtr SORTS[] = {"time"_kj,   "program"_kj, "user"_kj,     "domain"_kj,
                                   "remote"_kj, "action"_kj,  "bytes_in"_kj, "bytes_out"_kj};

bool isOneOf(kj::StringPtr value, kj::ArrayPtr<const kj::StringPtr> words) {
  for (auto word : words)
    if (word == value) return true;
  return false;
}

kj::Maybe<Wrong> setNumber(uint32_t& to, kj::StringPtr key, kj::StringPtr value, uint32_t least,
                           uint32_t most) {
  KJ_IF_MAYBE (number, parseDigits(value)) {
    if (least <= *number && *number <= most) {
      to = uint32_t(*number);
      return nullptr;
    }
  }
  return Wrong{kj::str(key, " is a number from ", least, " to ", most, ".")};
}

kj::Maybe<Wrong> setWord(kj::String& to, kj::StringPtr key, kj::StringPtr value,
                         kj::ArrayPtr<const kj::StringPtr> words) {
  if (!isOneOf(value, words))
    return Wrong{kj::str(key, " is one of ", kj::strArray(words, ", "), ".")};
  to = kj::str(value);
  return nullptr;
}

kj::Maybe<Wrong> setSort(ConnectionQuery& query, kj::StringPtr value) {
  auto word = value.startsWith("-") ? value.slice(1) : value;
  if (!isOneOf(word, SORTS))
    return Wrong{
        kj::str("sort is one of ", kj::strArray(SORTS, ", "), ", with or without a \"-\".")};
  query.sort = kj::str(value);
  return nullptr;
}

kj::Maybe<Wrong> setPort(ConnectionQuery& query, kj::StringPtr value) {
  uint32_t port = 0;
  KJ_IF_MAYBE (wrong, setNumber(port, "port", value, 1, 65535)) return kj::mv(*wrong);
  query.port = uint16_t(port);
  return nullptr;
}

kj::Maybe<Wrong> setOpen(ConnectionQuery& query, kj::StringPtr value) {
  if (value != "true" && value != "false") return Wrong{kj::str("open is true or false.")};
  query.openOnly = value == "true";
  return nullptr;
}

kj::Maybe<Wrong> setOne(ConnectionQuery& query, kj::StringPtr key, kj::StringPtr value) {
  static constexpr kj::StringPtr DIRECTIONS[] = {"out"_kj, "in"_kj};
  if (key == "limit") return setNumber(query.limit, key, value, 1, MAX_LIMIT);
  if (key == "offset") return setNumber(query.offset, key, value, 0, MOST_LOOKED_AT);
  if (key == "action") return setWord(query.action, key, value, ACTIONS);
  if (key == "direction") return setWord(query.direction, key, value, DIRECTIONS);
  if (key == "sort") return setSort(query, value);
  if (key == "open") return setOpen(query, value);
  if (key == "port") return setPort(query, value);
  struct Text {
    kj::StringPtr key;
    kj::String& to;
  };
  for (auto& text : {Text{"program"_kj, query.program}, Text{"user"_kj, query.user},
                     Text{"protocol"_kj, query.protocol}, Text{"text"_kj, query.text}})
    if (key == text.key) {
      text.to = kj::str(value);
      return nullptr;
    }
  return Wrong{
      kj::str("The parameters here are limit, offset, sort, program, action, user, direction, "
              "protocol, port, text and open.")};
}

bool isProgram(kj::StringPtr path, kj::StringPtr wanted) {
  if (path == wanted) return true;
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1) == wanted;
  return false;
}

bool contains(kj::StringPtr text, kj::StringPtr part) {
  return strcasestr(text.cStr(), part.cStr()) != nullptr;
}

int compareTexts(kj::StringPtr a, kj::StringPtr b) {
  return strcmp(a.cStr(), b.cStr());
}

int compareNumbers(double a, double b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare(kj::StringPtr by, view::Connection::Reader a, view::Connection::Reader b) {
  if (by == "program") return compareTexts(a.getProcess().getPath(), b.getProcess().getPath());
  if (by == "user") return compareTexts(a.getProcess().getUser(), b.getProcess().getUser());
  if (by == "domain") return compareTexts(a.getDomain(), b.getDomain());
  if (by == "remote") return compareTexts(a.getRemote().getAddress(), b.getRemote().getAddress());
  if (by == "action") return compareTexts(a.getVerdict().getAction(), b.getVerdict().getAction());
  if (by == "bytes_in") return compareNumbers(a.getBytesIn(), b.getBytesIn());
  if (by == "bytes_out") return compareNumbers(a.getBytesOut(), b.getBytesOut());
  return compareTexts(a.getTime(), b.getTime());  // RFC 3339 in UTC: the text's order is the time's
}

}  // namespace

kj::OneOf<ConnectionQuery, Wrong> ConnectionQuery::parse(kj::StringPtr text,
                                                         kj::Maybe<OfStream&> ofStream) {
  auto pairs = parseQuery(text);
  KJ_IF_MAYBE (wrong, pairs.tryGet<Wrong>()) return kj::mv(*wrong);
  ConnectionQuery query;
  for (auto& pair : pairs.get<kj::Vector<QueryPair>>()) {
    KJ_IF_MAYBE (to, ofStream) {
      if (pair.key == "after") {
        to->after = kj::mv(pair.value);
        continue;
      }
      if (pair.key == "present" && (pair.value == "true" || pair.value == "false")) {
        to->present = pair.value == "true";
        continue;
      }
    }
    KJ_IF_MAYBE (wrong, setOne(query, pair.key, pair.value)) return kj::mv(*wrong);
  }
  return kj::mv(query);
}

ConnectionQuery ConnectionQuery::copy() const {
  ConnectionQuery same;
  same.limit = limit;
  same.offset = offset;
  same.sort = kj::str(sort);
  same.program = kj::str(program);
  same.action = kj::str(action);
  same.user = kj::str(user);
  same.direction = kj::str(direction);
  same.protocol = kj::str(protocol);
  same.text = kj::str(this->text);
  same.port = port;
  same.openOnly = openOnly;
  return same;
}

bool ConnectionQuery::needsAll() const {
  return offset > 0 || sort.size() > 0 || user.size() > 0 || direction.size() > 0 ||
         protocol.size() > 0 || this->text.size() > 0 || port != 0;
}

void ConnectionQuery::to(proto::ConnectionFilter::Builder filter) const {
  filter.setLimit(needsAll() ? MOST_LOOKED_AT : limit);
  filter.setProgram(program);
  filter.setAction(action);
  filter.setOpenOnly(openOnly);
}

bool ConnectionQuery::matches(view::Connection::Reader connection) const {
  auto process = connection.getProcess();
  if (user.size() > 0 && process.getUser() != user && kj::str(process.getUid()) != user)
    return false;
  if (direction.size() > 0 && connection.getDirection() != direction) return false;
  if (protocol.size() > 0 && connection.getProtocol() != protocol) return false;
  if (port != 0 && connection.getLocal().getPort() != port &&
      connection.getRemote().getPort() != port)
    return false;
  if (text.size() == 0) return true;
  for (kj::StringPtr one : {kj::StringPtr(process.getPath()), kj::StringPtr(process.getCmdline()),
                            kj::StringPtr(process.getUser()), kj::StringPtr(connection.getDomain()),
                            kj::StringPtr(connection.getRemote().getAddress()),
                            kj::StringPtr(connection.getVerdict().getRule())})
    if (contains(one, text)) return true;
  return false;
}

bool ConnectionQuery::matchesChange(view::Connection::Reader connection) const {
  if (program.size() > 0 && !isProgram(connection.getProcess().getPath(), program)) return false;
  if (action.size() > 0 && connection.getVerdict().getAction() != action) return false;
  return matches(connection);
}

void ConnectionQuery::page(List::Reader all, view::ConnectionPage::Builder to) const {
  kj::Vector<view::Connection::Reader> found;
  for (auto connection : all)
    if (matches(connection)) found.add(connection);
  if (sort.size() > 0) {
    bool down = sort.startsWith("-");
    auto by = down ? sort.slice(1) : sort.asPtr();
    std::stable_sort(found.begin(), found.end(), [&](auto& a, auto& b) {
      return down ? compare(by, b, a) < 0 : compare(by, a, b) < 0;
    });
  }
  size_t start = kj::min(size_t(offset), found.size());
  // Unsorted, the newest come last: a limit alone is for these.
  if (sort.size() == 0 && offset == 0 && found.size() > limit) start = found.size() - limit;
  size_t count = kj::min(size_t(limit), found.size() - start);
  auto list = to.initConnections(uint(count));
  for (uint i = 0; i < count; i++) list.setWithCaveats(i, found[start + i]);
  to.setTotal(double(found.size()));
  bool cutFront = sort.size() == 0 && offset == 0;
  if (!cutFront && start + count < found.size()) to.setNext(kj::str(start + count));
}

}  // namespace portreeve::gateway
