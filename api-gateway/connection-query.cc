// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/connection-query.h"

#include <kj/encoding.h>
#include <string.h>

namespace portreeve::gateway {
namespace {

constexpr kj::StringPtr ACTIONS[] = {"allow"_kj, "block"_kj, "drop"_kj, "gate17"_kj,
                                     "nameserver"_kj};
constexpr size_t MAX_DIGITS = 15;
constexpr size_t MAX_TEXT = 1024;

kj::Maybe<uint64_t> parseDigits(kj::StringPtr text) {
  if (text.size() == 0 || text.size() > MAX_DIGITS) return nullptr;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return nullptr;
    value = value * 10 + uint64_t(c - '0');
  }
  return value;
}

kj::Maybe<kj::String> decode(kj::ArrayPtr<const char> text) {
  auto decoded = kj::decodeWwwForm(text);
  if (decoded.hadErrors || decoded.size() > MAX_TEXT) return nullptr;
  if (memchr(decoded.begin(), 0, decoded.size()) != nullptr) return nullptr;
  return kj::str(decoded);
}

using Wrong = ConnectionQuery::Wrong;

kj::Maybe<Wrong> setLimit(ConnectionQuery& query, kj::StringPtr value) {
  KJ_IF_MAYBE (number, parseDigits(value)) {
    if (1 <= *number && *number <= MAX_LIMIT) {
      query.limit = uint32_t(*number);
      return nullptr;
    }
  }
  return Wrong{kj::str("limit is a number from 1 to ", MAX_LIMIT, ".")};
}

kj::Maybe<Wrong> setAction(ConnectionQuery& query, kj::StringPtr value) {
  for (auto action : ACTIONS) {
    if (value != action) continue;
    query.action = kj::str(value);
    return nullptr;
  }
  return Wrong{kj::str("action is one of ", kj::strArray(ACTIONS, ", "), ".")};
}

kj::Maybe<Wrong> setOpen(ConnectionQuery& query, kj::StringPtr value) {
  if (value != "true" && value != "false") return Wrong{kj::str("open is true or false.")};
  query.openOnly = value == "true";
  return nullptr;
}

kj::Maybe<Wrong> setOne(ConnectionQuery& query, kj::StringPtr key, kj::StringPtr value) {
  if (value.size() == 0) return nullptr;  // "program=" says nothing
  if (key == "limit") return setLimit(query, value);
  if (key == "action") return setAction(query, value);
  if (key == "open") return setOpen(query, value);
  if (key == "program") {
    query.program = kj::str(value);
    return nullptr;
  }
  return Wrong{kj::str("The parameters here are limit, program, action and open.")};
}

kj::Maybe<Wrong> setPair(ConnectionQuery& query, kj::ArrayPtr<const char> pair) {
  if (pair.size() == 0) return nullptr;
  auto* equals = static_cast<const char*>(memchr(pair.begin(), '=', pair.size()));
  size_t keyEnd = equals == nullptr ? pair.size() : size_t(equals - pair.begin());
  size_t valueStart = kj::min(keyEnd + 1, pair.size());
  KJ_IF_MAYBE (key, decode(pair.slice(0, keyEnd))) {
    KJ_IF_MAYBE (value, decode(pair.slice(valueStart, pair.size()))) {
      return setOne(query, *key, *value);
    }
  }
  return Wrong{kj::str("The query is not percent-encoded text.")};
}

}  // namespace

kj::OneOf<ConnectionQuery, Wrong> ConnectionQuery::parse(kj::StringPtr text) {
  ConnectionQuery query;
  size_t start = 0;
  for (size_t at = 0; at <= text.size(); at++) {
    if (at < text.size() && text[at] != '&') continue;
    KJ_IF_MAYBE (wrong, setPair(query, text.slice(start, at))) return kj::mv(*wrong);
    start = at + 1;
  }
  return kj::mv(query);
}

void ConnectionQuery::to(proto::ConnectionFilter::Builder filter) const {
  filter.setAfterId(afterId);
  filter.setLimit(limit);
  filter.setProgram(program);
  filter.setAction(action);
  filter.setOpenOnly(openOnly);
}

kj::Maybe<uint64_t> parseEventId(kj::StringPtr text) {
  return parseDigits(text);
}

}  // namespace portreeve::gateway
