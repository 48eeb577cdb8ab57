// SPDX-License-Identifier: GPL-3.0-or-later
// An answer as octets, made once and sent many times: for each client only the id, the flags, the
// question to the letter, the TTLs and the EDNS record are its own.
#pragma once

#include "resolver/message.h"
#include "resolver/reply.h"

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace portreeve::resolver {

struct Asked {
  // What of a query its answer repeats or heeds.
  uint16_t id = 0;
  bool recursionDesired = false;
  bool checkingDisabled = false;
  bool wantsAuthentic = false;  // AD or DO (RFC 6840, 5.7)
  bool edns = false, dnssecOk = false;
  kj::ArrayPtr<const kj::byte> question;  // name, type and class as they came
  size_t limit = PLAIN_UDP_LIMIT;         // octets of an answer
};

struct PreparedAnswer {
  kj::Array<kj::byte> wire;      // id 0, no OPT
  size_t questionEnd = 0;        // the answer section starts there
  size_t additionalAt = 0;       // the additional section starts there
  std::vector<uint16_t> ttlsAt;  // where TTLs stand
  uint32_t ttl = 0;              // seconds it may be kept (RFC 2308 for negative ones); 0: not
  uint16_t rcode = RCODE_NOERROR;
  bool authentic = false;  // validated (RFC 4035, 3.2.3)
  kj::Maybe<ExtendedError> error;
  Given given;                     // what a program learns of it
  std::vector<std::string> chain;  // CNAME targets as text
  std::string server;              // the upstream that gave it, or empty

  size_t write(const Asked& asked, uint32_t age, kj::Maybe<uint32_t> ttlInstead,
               kj::Maybe<const ExtendedError&> errorInstead, kj::ArrayPtr<kj::byte> out) const;
  // Into `out`, which holds at least asked.limit octets; returns how many. `age`: seconds since it
  // was prepared; TTLs are less by so much. What does not fit is left out: the additional section
  // first, then all, with TC set.
};
using Prepared = std::shared_ptr<const PreparedAnswer>;

Prepared prepare(const Question& question, bool dnssecOk, const Answer& answer,
                 kj::Maybe<ExtendedError> error);

uint32_t timeToKeep(const Answer& answer);
// The smallest TTL of answer and authority; for "no such name" and "no such record" the SOA's
// (RFC 2308, 5), 0 without one; 0 for anything but NOERROR and NXDOMAIN. At most a day.

}  // namespace portreeve::resolver
