// SPDX-License-Identifier: GPL-3.0-or-later
// Names of DNS record types and response codes (IANA's DNS parameters).
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve {

kj::String dnsTypeText(uint16_t type);                 // "AAAA"; "TYPE65280" (RFC 3597, 5)
kj::Maybe<uint16_t> parseDnsType(kj::StringPtr text);  // the same, in any case
kj::String dnsRcodeText(uint16_t rcode);  // "NXDOMAIN"; the number where it has no name

}  // namespace portreeve
