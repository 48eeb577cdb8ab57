// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/prepared-answer.h"

#include <algorithm>
#include <cstring>

namespace portreeve::resolver {
namespace {

constexpr size_t HEADER = 12, OPT = 11, MAX_ERROR_TEXT = 200;
constexpr uint32_t LONGEST = 86400;
constexpr uint16_t FLAG_RESPONSE = 0x8000, FLAG_TRUNCATED = 0x0200, FLAG_RECURSION_DESIRED = 0x0100,
                   FLAG_RECURSION_AVAILABLE = 0x0080, FLAG_AUTHENTIC = 0x0020,
                   FLAG_CHECKING_DISABLED = 0x0010;
constexpr uint16_t OPTION_EXTENDED_ERROR = 15;

void put16(kj::byte* at, uint16_t value) {
  at[0] = kj::byte(value >> 8);
  at[1] = kj::byte(value);
}
void put32(kj::byte* at, uint32_t value) {
  put16(at, uint16_t(value >> 16));
  put16(at + 2, uint16_t(value));
}
uint16_t get16(const kj::byte* at) {
  return uint16_t(at[0] << 8 | at[1]);
}
uint32_t get32(const kj::byte* at) {
  return uint32_t(get16(at)) << 16 | get16(at + 2);
}

void skipName(WireReader& reader) {
  for (;;) {
    uint8_t length = reader.u8();
    if ((length & 0xc0) == 0xc0) {
      reader.u8();
      return;
    }
    if (length == 0 || !reader.ok()) return;
    reader.bytes(length);
  }
}

size_t skipRecords(WireReader& reader, uint16_t count, std::vector<uint16_t>& ttlsAt) {
  for (uint16_t i = 0; i < count && reader.ok(); i++) {
    skipName(reader);
    reader.u32();  // type and class
    ttlsAt.push_back(uint16_t(reader.at()));
    reader.u32();
    reader.bytes(reader.u16());
  }
  return reader.at();
}

size_t textSize(const ExtendedError& error) {
  size_t size = std::min(error.text.size(), MAX_ERROR_TEXT);
  while (size > 0 && size < error.text.size() && (uint8_t(error.text[size]) & 0xc0) == 0x80) size--;
  return size;
}

size_t writeOpt(kj::byte* at, const PreparedAnswer& answer, const Asked& asked,
                kj::Maybe<const ExtendedError&> error) {
  at[0] = 0;
  put16(at + 1, TYPE_OPT);
  put16(at + 3, EDNS_UDP_LIMIT);
  put32(at + 5, uint32_t(answer.rcode >> 4) << 24 | (asked.dnssecOk ? 0x8000 : 0));
  KJ_IF_MAYBE (e, error) {
    size_t size = textSize(*e);
    put16(at + 9, uint16_t(6 + size));
    put16(at + 11, OPTION_EXTENDED_ERROR);
    put16(at + 13, uint16_t(2 + size));
    put16(at + 15, e->code);
    memcpy(at + 17, e->text.begin(), size);
    return OPT + 6 + size;
  }
  put16(at + 9, 0);
  return OPT;
}

}  // namespace

size_t PreparedAnswer::write(const Asked& asked, uint32_t age, kj::Maybe<uint32_t> ttlInstead,
                             kj::Maybe<const ExtendedError&> errorInstead,
                             kj::ArrayPtr<kj::byte> out) const {
  kj::Maybe<const ExtendedError&> said = errorInstead;
  if (said == nullptr)
    KJ_IF_MAYBE (own, error) said = *own;
  size_t opt = 0;
  if (asked.edns) {
    opt = OPT;
    KJ_IF_MAYBE (e, said) opt += 6 + textSize(*e);
  }
  size_t size = wire.size();
  bool truncated = false, withAdditional = true;
  if (size + opt > asked.limit) {
    withAdditional = false;
    size = additionalAt;
    truncated = size + opt > asked.limit;
    if (truncated) size = questionEnd;
  }
  memcpy(out.begin(), wire.begin(), size);
  uint16_t flags = FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | (rcode & 0xf);
  if (asked.recursionDesired) flags |= FLAG_RECURSION_DESIRED;
  if (asked.checkingDisabled) flags |= FLAG_CHECKING_DISABLED;
  if (authentic && asked.wantsAuthentic) flags |= FLAG_AUTHENTIC;
  if (truncated) flags |= FLAG_TRUNCATED;
  put16(out.begin(), asked.id);
  put16(out.begin() + 2, flags);
  if (truncated) memset(out.begin() + 6, 0, 4);
  uint16_t additionals = withAdditional && !truncated ? get16(wire.begin() + 10) : 0;
  put16(out.begin() + 10, uint16_t(additionals + (asked.edns ? 1 : 0)));
  memcpy(out.begin() + HEADER, asked.question.begin(), asked.question.size());
  for (uint16_t at : ttlsAt) {
    if (at >= size) break;
    uint32_t left = get32(wire.begin() + at);
    left = left > age ? left - age : 0;
    put32(out.begin() + at, ttlInstead.orDefault(left));
  }
  if (asked.edns) size += writeOpt(out.begin() + size, *this, asked, said);
  return size;
}

uint32_t timeToKeep(const Answer& answer) {
  if (answer.rcode != RCODE_NOERROR && answer.rcode != RCODE_NXDOMAIN) return 0;
  uint32_t least = LONGEST;
  bool any = false;
  for (auto* section : {&answer.answer, &answer.authority})
    for (auto& record : *section) {
      any = true;
      least = std::min(least, record.ttl);
      bool soa = record.type == TYPE_SOA && section == &answer.authority;
      if (soa && record.data.size() >= 4)  // its last field: for how long "no" holds
        least = std::min(least, get32(reinterpret_cast<const kj::byte*>(record.data.data()) +
                                      record.data.size() - 4));
    }
  return any ? least : 0;
}

Prepared prepare(const Question& question, bool dnssecOk, const Answer& answer,
                 kj::Maybe<ExtendedError> error) {
  auto result = std::make_shared<PreparedAnswer>();
  Query query;
  query.question = question;
  Edns edns;
  edns.dnssecOk = dnssecOk;
  query.edns = edns;
  auto whole = writeReply(query, answer, nullptr, TCP_LIMIT);
  // The OPT record is the last and empty.
  result->wire = kj::heapArray(whole.slice(0, whole.size() - OPT));
  auto& wire = result->wire;
  put16(wire.begin() + 10, uint16_t(get16(wire.begin() + 10) - 1));
  WireReader reader(wire, HEADER);
  skipName(reader);
  reader.u32();
  result->questionEnd = reader.at();
  skipRecords(reader, get16(wire.begin() + 6), result->ttlsAt);
  result->additionalAt = skipRecords(reader, get16(wire.begin() + 8), result->ttlsAt);
  skipRecords(reader, get16(wire.begin() + 10), result->ttlsAt);
  result->rcode = answer.rcode;
  result->authentic = answer.authentic;
  result->ttl = (get16(wire.begin() + 2) & FLAG_TRUNCATED) != 0 ? 0 : timeToKeep(answer);
  result->error = kj::mv(error);
  result->given = given(question, answer);
  for (auto& target : result->given.chain) {
    auto text = target.text();
    result->chain.emplace_back(text.begin(), text.size());
  }
  result->server = answer.server;
  return result;
}

}  // namespace portreeve::resolver
