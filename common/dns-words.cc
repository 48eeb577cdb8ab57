// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/dns-words.h"

#include <stdlib.h>
#include <strings.h>

namespace portreeve {
namespace {

struct Word {
  kj::StringPtr text;
  uint16_t number;
};
constexpr Word TYPES[] = {
    {"A"_kj, 1},      {"NS"_kj, 2},      {"CNAME"_kj, 5},    {"SOA"_kj, 6},
    {"PTR"_kj, 12},   {"HINFO"_kj, 13},  {"MX"_kj, 15},      {"TXT"_kj, 16},
    {"AAAA"_kj, 28},  {"LOC"_kj, 29},    {"SRV"_kj, 33},     {"NAPTR"_kj, 35},
    {"DNAME"_kj, 39}, {"DS"_kj, 43},     {"SSHFP"_kj, 44},   {"RRSIG"_kj, 46},
    {"NSEC"_kj, 47},  {"DNSKEY"_kj, 48}, {"NSEC3"_kj, 50},   {"NSEC3PARAM"_kj, 51},
    {"TLSA"_kj, 52},  {"CDS"_kj, 59},    {"CDNSKEY"_kj, 60}, {"OPENPGPKEY"_kj, 61},
    {"SVCB"_kj, 64},  {"HTTPS"_kj, 65},  {"SPF"_kj, 99},     {"URI"_kj, 256},
    {"CAA"_kj, 257}};
constexpr Word RCODES[] = {{"NOERROR"_kj, 0},  {"FORMERR"_kj, 1}, {"SERVFAIL"_kj, 2},
                           {"NXDOMAIN"_kj, 3}, {"NOTIMP"_kj, 4},  {"REFUSED"_kj, 5}};

}  // namespace

kj::String dnsTypeText(uint16_t type) {
  for (auto& word : TYPES)
    if (word.number == type) return kj::str(word.text);
  return kj::str("TYPE", type);
}

kj::Maybe<uint16_t> parseDnsType(kj::StringPtr text) {
  for (auto& word : TYPES)
    if (strcasecmp(word.text.cStr(), text.cStr()) == 0) return word.number;
  if (strncasecmp(text.cStr(), "TYPE", 4) != 0 || text.size() < 5 || text.size() > 9)
    return nullptr;
  uint32_t number = 0;
  for (char c : text.slice(4)) {
    if (c < '0' || c > '9') return nullptr;
    number = number * 10 + uint32_t(c - '0');
  }
  if (number > 65535) return nullptr;
  return uint16_t(number);
}

kj::String dnsRcodeText(uint16_t rcode) {
  for (auto& word : RCODES)
    if (word.number == rcode) return kj::str(word.text);
  return kj::str(rcode);
}

}  // namespace portreeve
