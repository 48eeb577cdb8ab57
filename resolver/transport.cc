// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/transport.h"

#include <algorithm>
#include <cstring>

namespace portreeve::resolver {
namespace {

constexpr size_t HEADER = 12, OPT = 11, PADDED_TO = 128;
constexpr uint16_t OPTION_PADDING = 12;

size_t questionEnd(kj::ArrayPtr<const kj::byte> message) {
  // 0 where there is no whole uncompressed question.
  if (message.size() < HEADER) return 0;
  for (size_t at = HEADER; at < message.size(); at += 1 + size_t(message[at])) {
    if (message[at] > 63) return 0;
    if (message[at] == 0) return at + 5 <= message.size() ? at + 5 : 0;
  }
  return 0;
}

kj::byte lower(kj::byte c) {
  return c >= 'A' && c <= 'Z' ? kj::byte(c + ('a' - 'A')) : c;
}

}  // namespace

kj::Array<kj::byte> writeUpstreamQuery(const Lookup& lookup, bool padded) {
  auto name = lookup.question.name.wire();
  size_t plain = HEADER + name.size() + 4 + OPT;
  size_t size = plain;
  if (padded) size = (plain + 4 + PADDED_TO - 1) / PADDED_TO * PADDED_TO;
  auto query = kj::heapArray<kj::byte>(size);
  memset(query.begin(), 0, size);
  auto put16 = [&](size_t at, uint16_t value) {
    query[at] = kj::byte(value >> 8);
    query[at + 1] = kj::byte(value);
  };
  put16(2, uint16_t(0x0100 | (lookup.checkingDisabled ? 0x0010 : 0)));
  query[5] = query[11] = 1;
  memcpy(query.begin() + HEADER, name.data(), name.size());
  size_t at = HEADER + name.size();
  put16(at, lookup.question.type);
  put16(at + 2, lookup.question.klass);
  at += 4;
  put16(at + 1, TYPE_OPT);
  put16(at + 3, EDNS_UDP_LIMIT);
  if (lookup.dnssecOk) query[at + 7] = 0x80;
  if (!padded) return query;
  put16(at + 9, uint16_t(size - plain));
  put16(at + OPT, OPTION_PADDING);
  put16(at + OPT + 2, uint16_t(size - plain - 4));
  return query;
}

bool sameQuestion(kj::ArrayPtr<const kj::byte> query, kj::ArrayPtr<const kj::byte> answer,
                  bool sameCase) {
  size_t end = questionEnd(query);
  if (end == 0 || answer.size() < end || (answer[2] & 0x80) == 0) return false;
  if (answer[4] != 0 || answer[5] != 1) return false;
  for (size_t i = HEADER; i < end; i++) {
    bool same = sameCase ? query[i] == answer[i] : lower(query[i]) == lower(answer[i]);
    if (!same) return false;
  }
  return true;
}

}  // namespace portreeve::resolver
