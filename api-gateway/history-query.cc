// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/history-query.h"

#include "common/time-span.h"

#include <time.h>

namespace portreeve::gateway {
namespace {

constexpr kj::StringPtr KEYS[] = {"since"_kj,  "until"_kj,  "program"_kj,   "user"_kj,
                                  "unit"_kj,   "action"_kj, "direction"_kj, "protocol"_kj,
                                  "domain"_kj, "remote"_kj, "port"_kj,      "rule"_kj,
                                  "limit"_kj,  "cursor"_kj, "order"_kj,     "by"_kj};

bool isKnown(kj::StringPtr key) {
  for (auto known : KEYS)
    if (known == key) return true;
  return false;
}

kj::Maybe<uint64_t> parseTime(kj::StringPtr text) {
  // 2026-11-25T12:00:00Z, with or without a fraction.
  struct tm parts {};
  const char* end = strptime(text.cStr(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return nullptr;
  uint64_t ms = 0;
  if (*end == '.') {
    uint64_t scale = 100;
    for (end++; *end >= '0' && *end <= '9'; end++, scale /= 10) ms += uint64_t(*end - '0') * scale;
  }
  int64_t seconds = timegm(&parts);
  if (end[0] != 'Z' || end[1] != 0 || seconds < 0) return nullptr;
  return uint64_t(seconds) * 1000 + ms;
}

kj::Maybe<Wrong> check(const QueryPair& pair, uint64_t now) {
  if (!isKnown(pair.key))
    return Wrong{kj::str("The parameters here are ", kj::strArray(KEYS, ", "), ".")};
  if ((pair.key == "since" || pair.key == "until") && parseMoment(pair.value, now) == nullptr)
    return Wrong{kj::str(pair.key,
                         " is a time like 2026-11-25T12:00:00Z, or a span before now like "
                         "30s, 5m, 2h or 7d.")};
  if (pair.key == "order" && pair.value != "oldest" && pair.value != "newest")
    return Wrong{kj::str("order is oldest or newest: which comes first.")};
  if (pair.key == "limit" || pair.key == "port") {
    uint64_t most = pair.key == "limit" ? 1000 : 65535;
    auto number = parseDigits(pair.value).orDefault(0);
    if (number < 1 || number > most)
      return Wrong{kj::str(pair.key, " is a number from 1 to ", most, ".")};
  }
  return nullptr;
}

}  // namespace

kj::Maybe<uint64_t> parseMoment(kj::StringPtr text, uint64_t nowWallNs) {
  auto moment = momentBefore(text, nowWallNs);
  return moment == nullptr ? parseTime(text) : moment;
}

kj::OneOf<HistoryQuery, Wrong> HistoryQuery::parse(kj::StringPtr text, uint64_t nowWallNs) {
  auto parsed = parseQuery(text);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  HistoryQuery query;
  query.now = nowWallNs;
  query.pairs = kj::mv(parsed.get<kj::Vector<QueryPair>>());
  for (auto& pair : query.pairs) {
    KJ_IF_MAYBE (wrong, check(pair, nowWallNs)) return kj::mv(*wrong);
    if (pair.key == "by") query.by = kj::str(pair.value);
  }
  return kj::mv(query);
}

void HistoryQuery::to(proto::HistoryFilter::Builder filter) const {
  for (auto& pair : pairs) {
    kj::StringPtr key = pair.key, value = pair.value;
    if (key == "since") filter.setSince(parseMoment(value, now).orDefault(0));
    if (key == "until") filter.setUntil(parseMoment(value, now).orDefault(0));
    if (key == "program") filter.setProgram(value);
    if (key == "user") filter.setUser(value);
    if (key == "unit") filter.setUnit(value);
    if (key == "action") filter.setAction(value);
    if (key == "direction") filter.setDirection(value);
    if (key == "protocol") filter.setProtocol(value);
    if (key == "domain") filter.setDomain(value);
    if (key == "remote") filter.setRemote(value);
    if (key == "port") filter.setPort(uint16_t(parseDigits(value).orDefault(0)));
    if (key == "rule") filter.setRule(value);
    if (key == "limit") filter.setLimit(uint32_t(parseDigits(value).orDefault(0)));
    if (key == "cursor") filter.setCursor(value);
    if (key == "order") filter.setOldestFirst(value == "oldest");
  }
}

}  // namespace portreeve::gateway
