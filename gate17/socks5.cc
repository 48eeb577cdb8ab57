// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5.h"

#include <kj/debug.h>

namespace portreeve::gate17::socks5 {
namespace {

constexpr uint8_t IPV4 = 1;
constexpr uint8_t NAME = 3;
constexpr uint8_t IPV6 = 4;

bool isName(kj::ArrayPtr<const kj::byte> bytes) {
  // What comes here goes on to logs, rules and another server.
  for (auto byte : bytes)
    if (byte <= ' ' || byte >= 0x7f) return false;
  return bytes.size() > 0;
}

kj::String lowerCase(kj::ArrayPtr<const kj::byte> bytes) {
  auto name = kj::heapString(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
  return name;
}

uint16_t portAt(const kj::byte* bytes) {
  return uint16_t(bytes[0] << 8 | bytes[1]);
}

}  // namespace

kj::StringPtr toText(Reply reply) {
  switch (reply) {
    case Reply::SUCCEEDED:
      return "succeeded";
    case Reply::GENERAL_FAILURE:
      return "general failure";
    case Reply::NOT_ALLOWED:
      return "not allowed by its rules";
    case Reply::NETWORK_UNREACHABLE:
      return "network unreachable";
    case Reply::HOST_UNREACHABLE:
      return "host unreachable";
    case Reply::REFUSED:
      return "connection refused";
    case Reply::TTL_EXPIRED:
      return "time to live expired";
    case Reply::COMMAND_UNKNOWN:
      return "command not supported";
    case Reply::ADDRESS_TYPE_UNKNOWN:
      return "address type not supported";
  }
  return "an unknown answer";
}

kj::Array<kj::byte> greeting(bool withPassword) {
  kj::Vector<kj::byte> message;
  message.add(VERSION);
  message.add(withPassword ? 2 : 1);
  message.add(NO_AUTHENTICATION);
  if (withPassword) message.add(USER_PASSWORD);
  return message.releaseAsArray();
}

kj::Array<kj::byte> authentication(const Credentials& credentials) {
  kj::Vector<kj::byte> message;
  message.add(1);  // of RFC 1929
  for (auto text : {&credentials.user, &credentials.password}) {
    KJ_REQUIRE(0 < text->size() && text->size() <= 255, "a user or password of that length");
    message.add(kj::byte(text->size()));
    message.addAll(text->asBytes());
  }
  return message.releaseAsArray();
}

void putTarget(kj::Vector<kj::byte>& message, const Target& target) {
  if (target.named()) {
    KJ_REQUIRE(target.name.size() <= LONGEST_NAME, "the name is too long");
    message.add(NAME);
    message.add(kj::byte(target.name.size()));
    message.addAll(target.name.asBytes());
  } else if (target.address.isV4()) {
    message.add(IPV4);
    message.addAll(target.address.bytes.begin() + 12, target.address.bytes.end());
  } else {
    message.add(IPV6);
    message.addAll(target.address.bytes.begin(), target.address.bytes.end());
  }
  message.add(kj::byte(target.port >> 8));
  message.add(kj::byte(target.port));
}

kj::Array<kj::byte> request(Command command, const Target& target) {
  kj::Vector<kj::byte> message;
  message.add(VERSION);
  message.add(kj::byte(command));
  message.add(0);
  putTarget(message, target);
  return message.releaseAsArray();
}

kj::Array<kj::byte> reply(Reply code, const SocketAddress& bound) {
  kj::Vector<kj::byte> message;
  message.add(VERSION);
  message.add(kj::byte(code));
  message.add(0);
  putTarget(message, Target::at(bound));
  return message.releaseAsArray();
}

kj::Maybe<size_t> targetLength(kj::ArrayPtr<const kj::byte> bytes) {
  if (bytes.size() < 2) return NEEDS_MORE;
  switch (bytes[0]) {
    case IPV4:
      return size_t(1 + 4 + 2);
    case IPV6:
      return size_t(1 + 16 + 2);
    case NAME:
      return size_t(1 + 1 + bytes[1] + 2);
    default:
      return nullptr;
  }
}

kj::Maybe<ParsedTarget> parseTarget(kj::ArrayPtr<const kj::byte> bytes) {
  size_t length = targetLength(bytes).orDefault(NEEDS_MORE);
  if (length == NEEDS_MORE || bytes.size() < length) return nullptr;
  Target target;
  target.port = portAt(bytes.begin() + length - 2);
  if (bytes[0] == IPV4) {
    target.address = Address::fromV4(bytes.begin() + 1);
  } else if (bytes[0] == IPV6) {
    target.address = Address::fromV6(bytes.begin() + 1);
  } else {
    auto name = bytes.slice(2, length - 2);
    if (name.size() > 1 && name.back() == '.') name = name.slice(0, name.size() - 1);
    if (!isName(name)) return nullptr;
    auto text = lowerCase(name);
    // "192.0.2.1" as a name is an address, and is judged as one.
    KJ_IF_MAYBE (address, Address::parse(text))
      target.address = *address;
    else
      target.name = kj::mv(text);
  }
  return ParsedTarget{kj::mv(target), length};
}

}  // namespace portreeve::gate17::socks5
