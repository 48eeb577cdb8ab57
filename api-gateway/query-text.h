// SPDX-License-Identifier: GPL-3.0-or-later
// What follows "?" in a URL, as keys and values: application/x-www-form-urlencoded, checked. Values
// are UTF-8 without control characters.
#pragma once

#include <kj/one-of.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::gateway {

struct Wrong {
  kj::String reason;  // a sentence for who asked
};

struct QueryPair {
  kj::String key, value;  // no value is empty: "program=" says nothing and is left out
};

kj::OneOf<kj::Vector<QueryPair>, Wrong> parseQuery(kj::StringPtr query);
// At most 32 pairs, each value at most 1024 bytes; a key that comes twice is wrong.

kj::Maybe<uint64_t> parseDigits(kj::StringPtr text);  // decimal, at most 15 digits
bool isUtf8(kj::ArrayPtr<const char> text);           // RFC 3629: no surrogates, nothing overlong

}  // namespace portreeve::gateway
