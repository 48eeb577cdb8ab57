// SPDX-License-Identifier: GPL-3.0-or-later
// Circumstances with their texts.
#pragma once

#include "policy/rules/facts.h"

#include <kj/array.h>

namespace portreeve::rules {

class KnownCircumstances {
public:
  KnownCircumstances() = default;
  KJ_DISALLOW_COPY(KnownCircumstances);

  void set(const Circumstances& present) {
    profile = kj::str(present.profile);
    names = KJ_MAP(name, present.networks) {
      return kj::str(name);
    };
    networks = KJ_MAP(name, names)->kj::StringPtr {
      return name;
    };
    borrowed = Circumstances{profile, networks};
  }
  const Circumstances& get() const { return borrowed; }  // until the next `set`

private:
  kj::String profile;
  kj::Array<kj::String> names;
  kj::Array<kj::StringPtr> networks;
  Circumstances borrowed;
};

}  // namespace portreeve::rules
