// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/parameters.h"

namespace portreeve::gateway {
namespace {

bool isOneOf(kj::StringPtr key, kj::ArrayPtr<const kj::StringPtr> known) {
  for (auto one : known)
    if (one == key) return true;
  return false;
}

}  // namespace

kj::OneOf<Parameters, Wrong> Parameters::parse(kj::StringPtr query,
                                               kj::ArrayPtr<const kj::StringPtr> known) {
  auto parsed = parseQuery(query);
  KJ_IF_MAYBE (wrong, parsed.tryGet<Wrong>()) return kj::mv(*wrong);
  Parameters parameters;
  parameters.pairs = kj::mv(parsed.get<kj::Vector<QueryPair>>());
  for (auto& pair : parameters.pairs) {
    if (isOneOf(pair.key, known)) continue;
    if (known.size() == 0) return Wrong{kj::str("There are no parameters here.")};
    return Wrong{kj::str("The parameters here are ", kj::strArray(known, ", "), ".")};
  }
  return kj::mv(parameters);
}

kj::StringPtr Parameters::text(kj::StringPtr key) const {
  for (auto& pair : pairs)
    if (pair.key == key) return pair.value;
  return ""_kj;
}

kj::Maybe<uint64_t> Parameters::number(kj::StringPtr key, uint64_t least, uint64_t most,
                                       uint64_t otherwise) const {
  auto value = text(key);
  if (value.size() == 0) return otherwise;
  KJ_IF_MAYBE (number, parseDigits(value)) {
    if (least <= *number && *number <= most) return *number;
  }
  return nullptr;
}

}  // namespace portreeve::gateway
