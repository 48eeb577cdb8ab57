// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/same-address.h"

namespace portreeve::resolver {

kj::Maybe<Address> onlyAddress(const Answer& answer) {
  if (answer.answer.size() != 1) return nullptr;
  KJ_IF_MAYBE (address, addressIn(answer.answer[0]))
    if (!address->isUnspecified() && address->scope() != Scope::LOCALHOST) return *address;
  return nullptr;
}

bool SameAddress::sees(const Question& question, const Address& only) {
  bool same = false;
  KJ_IF_MAYBE (before, last) same = *before == only;
  if (!same) names.clear();
  last = only;
  for (auto& name : names)
    if (question.name.isWithin(name) || name.isWithin(question.name)) return false;
  if (names.size() < NAMES) names.add(question.name);
  return names.size() == NAMES;
}

kj::Maybe<Address> SameAddress::ofAll() const {
  return names.size() == NAMES ? last : nullptr;
}

void SameAddress::forget() {
  names.clear();
  last = nullptr;
}

}  // namespace portreeve::resolver
