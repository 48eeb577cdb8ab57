// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/server-address.h"

#include <kj/vector.h>

namespace portreeve {
namespace {

constexpr size_t LONGEST_LABEL = 63;
constexpr size_t LONGEST_NAME = 253;

bool isDigit(char c) {
  return '0' <= c && c <= '9';
}

bool isLabel(kj::ArrayPtr<const char> label) {
  if (label.size() == 0 || label.size() > LONGEST_LABEL) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  for (char c : label)
    if (!isDigit(c) && !('a' <= c && c <= 'z') && c != '-') return false;
  return true;
}

bool isNumber(kj::ArrayPtr<const char> label) {
  for (char c : label)
    if (!isDigit(c)) return false;
  return true;
}

}  // namespace

kj::Maybe<kj::String> parseHostName(kj::StringPtr text) {
  auto name = text.endsWith(".") ? kj::str(text.slice(0, text.size() - 1)) : kj::str(text);
  if (name.size() > LONGEST_NAME) return nullptr;
  for (char& c : name)
    if ('A' <= c && c <= 'Z') c = char(c - 'A' + 'a');
  size_t start = 0;
  for (size_t i = 0; i <= name.size(); i++) {
    if (i < name.size() && name[i] != '.') continue;
    auto label = name.asArray().slice(start, i);
    if (!isLabel(label) || (i == name.size() && isNumber(label))) return nullptr;
    start = i + 1;
  }
  return kj::mv(name);
}

kj::Maybe<ServerAddress> ServerAddress::parse(kj::StringPtr text) {
  KJ_IF_MAYBE (where, SocketAddress::parse(text))
    return ServerAddress{kj::String(), where->address, where->port};
  KJ_IF_MAYBE (colon, text.findLast(':'))
    KJ_IF_MAYBE (port, parsePort(text.slice(*colon + 1)))
      KJ_IF_MAYBE (name, parseHostName(kj::str(text.slice(0, *colon))))
        return ServerAddress{kj::mv(*name), {}, *port};
  return nullptr;
}

kj::String ServerAddress::toString() const {
  return named() ? kj::str(name, ':', port) : SocketAddress{address, port}.toString();
}

}  // namespace portreeve
