// SPDX-License-Identifier: GPL-3.0-or-later
// Countries and autonomous systems of addresses, by databases in MaxMind's format (.mmdb) that the
// machine's owner puts beside the rules. Nothing is downloaded.
#pragma once

#include "common/address.h"
#include "policy/rules/source.h"

#include <kj/memory.h>
#include <kj/refcount.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::rules {

struct Country {
  char letters[2];  // ISO 3166-1 alpha-2

  static kj::Maybe<Country> parse(kj::StringPtr text);  // two letters of either case
  kj::String toString() const { return kj::heapString(letters, 2); }
  bool operator==(const Country& other) const {
    return letters[0] == other.letters[0] && letters[1] == other.letters[1];
  }
};

class Geography final : public kj::Refcounted {
public:
  Geography();
  ~Geography() noexcept(false) override;
  KJ_DISALLOW_COPY(Geography);

  kj::Maybe<kj::String> openCountries(kj::StringPtr path);
  kj::Maybe<kj::String> openNumbers(kj::StringPtr path);
  // Map the file; nullptr, or why not. A file that is replaced (renamed over) is read again when
  // rules are loaded; one that is written in place must not be.

  bool hasCountries() const;
  bool hasNumbers() const;
  kj::Maybe<Country> countryOf(const Address& address) const;
  kj::Maybe<uint32_t> asnOf(const Address& address) const;
  // nullptr: not in the database. Allocate nothing; the last answer is kept, as many rules ask for
  // one address.
  kj::Maybe<kj::String> organizationOf(const Address& address) const;
  // That its autonomous system is registered to; nullptr: not in the database.

private:
  struct Databases;
  kj::Own<Databases> databases;
};

void readDatabases(const RuleSource& source, Geography& geography, kj::Vector<Problem>& problems);
// [databases] country = "….mmdb", asn = "….mmdb": absolute, or relative to the file's folder.

}  // namespace portreeve::rules
