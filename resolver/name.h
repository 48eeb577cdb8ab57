// SPDX-License-Identifier: GPL-3.0-or-later
// A domain name as it stands in a message (RFC 1035, 3.1): labels, each behind its length, closed
// by the root's zero. Never compressed; letters keep the case they came in, comparing ignores it.
#pragma once

#include "resolver/wire-reader.h"

#include <kj/common.h>
#include <kj/string.h>

#include <string>
#include <string_view>

namespace portreeve::resolver {

class Name {
public:
  Name() : octets(1, '\0') {}  // the root

  static kj::Maybe<Name> decode(WireReader& reader);
  // Reads the name at the reader's place and follows compression pointers, which must point
  // backwards (RFC 1035, 4.1.4: "a prior occurrence"), so that no message can lead in a circle.
  // Nullptr, and the reader failed, for anything malformed or longer than 255 octets.

  static kj::Maybe<Name> parse(kj::StringPtr text);
  // "www.example.org", with or without the last dot; no escapes. Nullptr when it is not a name.

  std::string_view wire() const { return octets; }
  std::string lowerCaseWire() const;
  kj::String text() const;
  // Lower case, no trailing dot, the root as "."; special and unprintable octets escaped as in a
  // master file (RFC 1035, 5.1), so that any name is ASCII and its dots are what they seem.

  bool isWithin(const Name& zone) const;  // the zone itself, or below it
  bool operator==(const Name& other) const;

private:
  std::string octets;
};

}  // namespace portreeve::resolver
