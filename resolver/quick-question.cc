// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/quick-question.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr size_t HEADER = 12, OPT = 11;

uint16_t get16(const kj::byte* at) {
  return uint16_t(at[0] << 8 | at[1]);
}

bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

bool QuickQuestion::read(kj::ArrayPtr<const kj::byte> message) {
  if (message.size() < HEADER + 5) return false;
  const kj::byte* octets = message.begin();
  uint16_t flags = get16(octets + 2);
  // A query of opcode 0, one question, no records but at most one additional.
  if ((flags & 0xf800) != 0 || get16(octets + 4) != 1 || get16(octets + 6) != 0 ||
      get16(octets + 8) != 0 || get16(octets + 10) > 1)
    return false;
  size_t at = HEADER;
  keySize = textSize = 0;
  plain = true;
  for (;;) {
    size_t length = octets[at];
    if (length > 63 || at + 1 + length + 4 > message.size() || keySize + 1 + length > 255)
      return false;
    keyOctets[keySize++] = char(length);
    at++;
    if (length == 0) break;
    if (textSize > 0) nameText[textSize++] = '.';
    for (size_t i = 0; i < length; i++, at++) {
      char c = char(octets[at]);
      if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
      plain = plain && isPlain(c);
      keyOctets[keySize++] = nameText[textSize++] = c;
    }
    if (at >= message.size()) return false;
  }
  if (at + 4 > message.size()) return false;
  type = get16(octets + at);
  if (get16(octets + at + 2) != CLASS_IN || type == 0 || type == TYPE_OPT ||
      (type >= 128 && type <= 255))
    return false;
  at += 4;
  asked.id = get16(octets);
  asked.recursionDesired = (flags & 0x0100) != 0;
  asked.checkingDisabled = (flags & 0x0010) != 0;
  asked.wantsAuthentic = (flags & 0x0020) != 0;
  asked.question = message.slice(HEADER, at);
  asked.edns = asked.dnssecOk = false;
  asked.limit = PLAIN_UDP_LIMIT;
  if (get16(octets + 10) == 1) {
    if (at + OPT > message.size()) return false;
    const kj::byte* opt = octets + at;
    // Options are for readQuery: they have to be looked at.
    bool good = opt[0] == 0 && get16(opt + 1) == TYPE_OPT && opt[6] == 0 && get16(opt + 9) == 0;
    if (!good) return false;
    at += OPT;
    asked.edns = true;
    asked.dnssecOk = (opt[7] & 0x80) != 0;
    asked.wantsAuthentic = asked.wantsAuthentic || asked.dnssecOk;
    asked.limit = std::clamp<size_t>(get16(opt + 3), PLAIN_UDP_LIMIT, EDNS_UDP_LIMIT);
  }
  if (at != message.size()) return false;
  keyOctets[keySize++] = char(type >> 8);
  keyOctets[keySize++] = char(type);
  keyOctets[keySize++] = char((asked.dnssecOk ? 1 : 0) | (asked.checkingDisabled ? 2 : 0));
  return true;
}

}  // namespace portreeve::resolver
