// SPDX-License-Identifier: GPL-3.0-or-later
// DNS answers, written for the client that asked: its id, its question to the letter, its flags,
// its size limit, its EDNS.
#pragma once

#include "resolver/message.h"

#include <kj/array.h>
#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::resolver {

constexpr size_t PLAIN_UDP_LIMIT = 512;  // RFC 1035, 2.3.4
constexpr size_t EDNS_UDP_LIMIT = 1232;  // never fragmented: the DNS flag day of 2020
constexpr size_t TCP_LIMIT = 65535;

struct ExtendedError {
  // RFC 8914; reaches only clients that speak EDNS.
  enum Code : uint16_t {
    OTHER = 0,
    STALE_ANSWER = 3,
    FORGED_ANSWER = 4,
    DNSSEC_INDETERMINATE = 5,
    DNSSEC_BOGUS = 6,
    NOT_READY = 14,
    BLOCKED = 15,
    STALE_NXDOMAIN = 19,
    NOT_SUPPORTED = 21,
    NO_REACHABLE_AUTHORITY = 22,
    NETWORK_ERROR = 23,
  };
  Code code = OTHER;
  kj::String text;  // UTF-8; at most 200 bytes of it are sent
};

size_t udpLimit(const Query& query);
// What this client takes in one datagram: 512 without EDNS, else what it says from 512 to 1232.

kj::Array<kj::byte> writeReply(const Query& query, const Answer& answer,
                               kj::Maybe<const ExtendedError&> error, size_t limit);
// Never longer than `limit` (at least 512). What does not fit of the answer or authority section
// empties them and sets TC; of the additional section it is left out. RRSIG, NSEC and NSEC3 are
// left out unless the client set DO or asked for them (RFC 4035, 3.2.1). AD is never set
// here (prepared-answer.h does).

Answer answerAny(const Question& question);
// A HINFO record in place of "all records" (RFC 8482, 4.2).

}  // namespace portreeve::resolver
