// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/query-text.h"

#include <kj/encoding.h>
#include <string.h>

namespace portreeve::gateway {
namespace {

constexpr size_t MAX_DIGITS = 15;
constexpr size_t MAX_TEXT = 1024;
constexpr size_t MAX_PAIRS = 32;

kj::Maybe<kj::String> decode(kj::ArrayPtr<const char> text) {
  auto decoded = kj::decodeWwwForm(text);
  if (decoded.hadErrors || decoded.size() > MAX_TEXT || !isUtf8(decoded)) return nullptr;
  for (char c : decoded)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return nullptr;
  return kj::str(decoded);
}

kj::Maybe<QueryPair> parsePair(kj::ArrayPtr<const char> pair) {
  auto* equals = static_cast<const char*>(memchr(pair.begin(), '=', pair.size()));
  size_t keyEnd = equals == nullptr ? pair.size() : size_t(equals - pair.begin());
  size_t valueStart = kj::min(keyEnd + 1, pair.size());
  KJ_IF_MAYBE (key, decode(pair.slice(0, keyEnd))) {
    KJ_IF_MAYBE (value, decode(pair.slice(valueStart, pair.size())))
      return QueryPair{kj::mv(*key), kj::mv(*value)};
  }
  return nullptr;
}

bool has(kj::ArrayPtr<const QueryPair> pairs, kj::StringPtr key) {
  for (auto& pair : pairs)
    if (pair.key == key) return true;
  return false;
}

size_t sequenceLength(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if ((first & 0xf0) == 0xe0) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

bool isSequence(const unsigned char* bytes, size_t length) {
  for (size_t i = 1; i < length; i++)
    if ((bytes[i] & 0xc0) != 0x80) return false;
  if (length < 3) return true;
  // Overlong forms, surrogates, and what is above U+10FFFF show in the second byte.
  if (bytes[0] == 0xe0) return bytes[1] >= 0xa0;
  if (bytes[0] == 0xed) return bytes[1] <= 0x9f;
  if (bytes[0] == 0xf0) return bytes[1] >= 0x90;
  if (bytes[0] == 0xf4) return bytes[1] <= 0x8f;
  return true;
}

}  // namespace

bool isUtf8(kj::ArrayPtr<const char> text) {
  auto* bytes = reinterpret_cast<const unsigned char*>(text.begin());
  for (size_t at = 0; at < text.size();) {
    size_t length = sequenceLength(bytes[at]);
    if (length == 0 || length > text.size() - at || !isSequence(bytes + at, length)) return false;
    at += length;
  }
  return true;
}

kj::Maybe<uint64_t> parseDigits(kj::StringPtr text) {
  if (text.size() == 0 || text.size() > MAX_DIGITS) return nullptr;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return nullptr;
    value = value * 10 + uint64_t(c - '0');
  }
  return value;
}

kj::OneOf<kj::Vector<QueryPair>, Wrong> parseQuery(kj::StringPtr query) {
  kj::Vector<QueryPair> pairs;
  size_t start = 0;
  for (size_t at = 0; at <= query.size(); at++) {
    if (at < query.size() && query[at] != '&') continue;
    auto piece = query.asArray().slice(start, at);
    start = at + 1;
    if (piece.size() == 0) continue;
    KJ_IF_MAYBE (pair, parsePair(piece)) {
      if (has(pairs, pair->key)) return Wrong{kj::str("A parameter is there twice.")};
      if (pair->value.size() > 0) pairs.add(kj::mv(*pair));
    } else {
      return Wrong{kj::str("The query is not percent-encoded UTF-8 text.")};
    }
    if (pairs.size() > MAX_PAIRS) return Wrong{kj::str("There are too many parameters.")};
  }
  return kj::mv(pairs);
}

}  // namespace portreeve::gateway
