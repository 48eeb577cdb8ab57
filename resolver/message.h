// SPDX-License-Identifier: GPL-3.0-or-later
// DNS messages (RFC 1035, EDNS: RFC 6891), read. Pure functions over untrusted octets: bounds are
// checked, nothing is trusted, nothing throws. Writing stands in reply.h.
#pragma once

#include "common/address.h"
#include "resolver/name.h"

#include <kj/array.h>
#include <kj/common.h>

#include <cstdint>
#include <string>
#include <vector>

namespace portreeve::resolver {

// IANA's DNS parameters.
constexpr uint16_t TYPE_A = 1, TYPE_NS = 2, TYPE_MD = 3, TYPE_MF = 4, TYPE_CNAME = 5, TYPE_SOA = 6,
                   TYPE_MB = 7, TYPE_MG = 8, TYPE_MR = 9, TYPE_PTR = 12, TYPE_HINFO = 13,
                   TYPE_MINFO = 14, TYPE_MX = 15, TYPE_AAAA = 28, TYPE_OPT = 41, TYPE_RRSIG = 46,
                   TYPE_NSEC = 47, TYPE_NSEC3 = 50, TYPE_SVCB = 64, TYPE_HTTPS = 65,
                   TYPE_IXFR = 251, TYPE_AXFR = 252, TYPE_ANY = 255;
constexpr uint16_t CLASS_IN = 1;

constexpr uint16_t RCODE_NOERROR = 0, RCODE_FORMERR = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3,
                   RCODE_NOTIMP = 4, RCODE_REFUSED = 5, RCODE_BADVERS = 16;

struct Question {
  Name name;
  uint16_t type = 0;
  uint16_t klass = CLASS_IN;
};

struct Edns {
  uint16_t udpSize = 512;  // what the client takes, as it says
  uint8_t version = 0;
  bool dnssecOk = false;
};

struct Query {
  // What the answer has to repeat is here, too.
  uint16_t id = 0;
  uint8_t opcode = 0;
  bool recursionDesired = false;
  bool checkingDisabled = false;
  bool authenticData = false;    // AD: the client heeds it (RFC 6840, 5.7)
  kj::Maybe<Question> question;  // always there in a good query
  kj::Maybe<Edns> edns;
};

struct QueryReading {
  enum class Outcome : uint8_t {
    GOOD,    // one ordinary question of class IN for records that can exist
    REJECT,  // to be answered with `rcode`; `query` holds what could be read
    ANY,     // to be answered as RFC 8482 has it
    IGNORE,  // no answer: shorter than a header, or itself an answer
  };
  Outcome outcome = Outcome::IGNORE;
  uint16_t rcode = RCODE_NOERROR;
  Query query;
};

QueryReading readQuery(kj::ArrayPtr<const kj::byte> message);

struct Record {
  Name owner;
  uint16_t type = 0;
  uint16_t klass = CLASS_IN;
  uint32_t ttl = 0;
  std::string data;  // names in it uncompressed
};

kj::Maybe<Address> addressIn(const Record& record);  // of A and AAAA that are well formed

struct Answer {
  uint16_t rcode = RCODE_NOERROR;
  bool truncated = false;  // TC
  bool authentic = false;  // validated by us; never what an upstream says
  std::string server;      // who gave it, as `portreeve dns` shows it
  std::vector<Record> answer, authority, additional;  // without OPT
};

kj::Maybe<Answer> readAnswer(kj::ArrayPtr<const kj::byte> message);
// Nullptr when it is malformed or not an answer. Its question is not looked at.

struct NamesInData {
  // Where names that may be compressed stand in a record's data: `skip` octets, then `names` of
  // them (RFC 1035's types; RFC 3597, 4 forbids it for all later ones).
  size_t skip = 0;
  size_t names = 0;
};
NamesInData namesInData(uint16_t type);

struct Given {
  // What a program learns from an answer about addresses.
  std::vector<Name> chain;         // CNAME targets in their order
  std::vector<Address> addresses;  // A, AAAA and the hints of SVCB and HTTPS, each once
  uint32_t ttl = 0;  // seconds, the smallest of the records on the way; 0 where there are none
};
Given given(const Question& question, const Answer& answer);

}  // namespace portreeve::resolver
