// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name.h"

#include <kj/vector.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr size_t MAX_NAME = 255;  // octets, RFC 1035, 2.3.4
constexpr size_t MAX_LABEL = 63;
constexpr uint MAX_POINTERS = 127;  // as many as a name has labels

char lower(char c) {
  // ASCII alone, whatever the locale (RFC 4343).
  return c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c;
}

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  // Length octets are below 64 and so are no letters: whole names may be compared as text.
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool isSpecial(char c) {
  for (char special : {'.', '\\', '"', '(', ')', ';', '@', '$'})
    if (c == special) return true;
  return false;
}

void appendEscaped(kj::Vector<char>& out, char c) {
  if (c > ' ' && c <= '~') {
    if (isSpecial(c)) out.add('\\');
    out.add(lower(c));
    return;
  }
  auto octet = uint8_t(c);
  out.add('\\');
  for (char digit : {char('0' + octet / 100), char('0' + octet / 10 % 10), char('0' + octet % 10)})
    out.add(digit);
}

}  // namespace

kj::Maybe<Name> Name::decode(WireReader& reader) {
  Name name;
  name.octets.clear();
  WireReader labels = reader;
  bool pointed = false;
  uint pointers = 0;
  size_t lowest = labels.at();  // where a pointer must stay below
  for (;;) {
    uint8_t length = labels.u8();
    if ((length & 0xc0) == 0xc0) {
      size_t target = size_t(length & 0x3f) << 8 | labels.u8();
      if (!pointed) reader.moveTo(labels.at());
      pointed = true;
      if (!labels.ok() || target >= lowest || ++pointers > MAX_POINTERS) break;
      lowest = target;
      labels.moveTo(target);
      continue;
    }
    if (!labels.ok() || length > MAX_LABEL || name.octets.size() + 1 + length > MAX_NAME) break;
    auto label = labels.bytes(length);
    if (!labels.ok()) break;
    name.octets.push_back(char(length));
    name.octets.append(reinterpret_cast<const char*>(label.begin()), label.size());
    if (length > 0) continue;
    if (!pointed) reader.moveTo(labels.at());
    return kj::mv(name);
  }
  reader.fail();
  return nullptr;
}

kj::Maybe<Name> Name::parse(kj::StringPtr text) {
  Name name;
  name.octets.clear();
  std::string_view rest(text.begin(), text.size());
  if (rest.ends_with('.')) rest.remove_suffix(1);
  while (!rest.empty()) {
    auto label = rest.substr(0, rest.find('.'));
    if (label.empty() || label.size() > MAX_LABEL) return nullptr;
    name.octets.push_back(char(label.size()));
    name.octets.append(label);
    rest.remove_prefix(std::min(label.size() + 1, rest.size()));
  }
  name.octets.push_back('\0');
  if (name.octets.size() > MAX_NAME) return nullptr;
  return kj::mv(name);
}

std::string Name::lowerCaseWire() const {
  std::string result = octets;
  for (char& c : result) c = lower(c);
  return result;
}

kj::String Name::text() const {
  if (octets.size() <= 1) return kj::str(".");
  kj::Vector<char> out(octets.size());
  for (size_t at = 0; octets[at] != 0; at += 1 + size_t(octets[at])) {
    if (at > 0) out.add('.');
    for (size_t i = 1; i <= size_t(octets[at]); i++) appendEscaped(out, octets[at + i]);
  }
  out.add('\0');
  return kj::String(out.releaseAsArray());
}

bool Name::isWithin(const Name& zone) const {
  for (size_t at = 0; at < octets.size(); at += 1 + size_t(octets[at]))
    if (equalIgnoringCase(wire().substr(at), zone.octets)) return true;
  return false;
}

bool Name::operator==(const Name& other) const {
  return equalIgnoringCase(octets, other.octets);
}

}  // namespace portreeve::resolver
