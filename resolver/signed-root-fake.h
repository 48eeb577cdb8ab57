// SPDX-License-Identifier: GPL-3.0-or-later
// A root zone of a test's own, signed with a key of its own (RFC 4034, 6605), that answers as an
// upstream would. The test says when its signatures begin to count.
#pragma once

#include "resolver/name-source.h"

#include <kj/string.h>

#include <cstdint>
#include <string>

struct evp_pkey_st;

namespace portreeve::resolver {

class SignedRootFake final : public NameSource {
public:
  SignedRootFake();
  ~SignedRootFake() noexcept(false);
  KJ_DISALLOW_COPY(SignedRootFake);

  struct Dates {
    uint64_t inception = 0, expiration = 0;  // seconds since 1970
  };
  Dates dates;                // of every signature
  kj::Maybe<Dates> ownDates;  // of those of the root's own records, if they are others
  bool forged = false;        // the signature of www.signed is another's

  kj::StringPtr anchor() const { return anchorFile; }
  // A file with the key, as in a master file.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  // The root's keys and SOA, and 192.0.2.1 for www.signed; of all else there is nothing.

private:
  evp_pkey_st* key;
  std::string publicKey;  // data of the DNSKEY record
  kj::String anchorFile;

  Record keyRecord() const;
  Record versionRecord() const;
  Record signatureOf(const Record& record, const Dates& when) const;
};

}  // namespace portreeve::resolver
