// SPDX-License-Identifier: GPL-3.0-or-later
// SOCKS version 5 (RFC 1928) with user and password (RFC 1929): the messages, both ends' side.
// Pure functions over bytes; who reads and writes them is elsewhere.
#pragma once

#include "gate17/target.h"

#include <kj/array.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::gate17::socks5 {

constexpr uint8_t VERSION = 5;
constexpr uint8_t NO_AUTHENTICATION = 0;
constexpr uint8_t USER_PASSWORD = 2;
constexpr uint8_t NO_METHOD = 0xff;

enum class Command : uint8_t { CONNECT = 1, BIND = 2, UDP_ASSOCIATE = 3 };

enum class Reply : uint8_t {
  SUCCEEDED = 0,
  GENERAL_FAILURE = 1,
  NOT_ALLOWED = 2,
  NETWORK_UNREACHABLE = 3,
  HOST_UNREACHABLE = 4,
  REFUSED = 5,
  TTL_EXPIRED = 6,
  COMMAND_UNKNOWN = 7,
  ADDRESS_TYPE_UNKNOWN = 8
};
kj::StringPtr toText(Reply reply);  // "connection refused"; "an unknown answer" past those

struct Credentials {
  kj::String user;  // each 1 to 255 bytes
  kj::String password;
};

kj::Array<kj::byte> greeting(bool withPassword);
kj::Array<kj::byte> authentication(const Credentials& credentials);
kj::Array<kj::byte> request(Command command, const Target& target);
kj::Array<kj::byte> reply(Reply code, const SocketAddress& bound);

void putTarget(kj::Vector<kj::byte>& message, const Target& target);
// Address type, address, port, as requests, replies and datagrams have it.

struct ParsedTarget {
  Target target;
  size_t length;  // bytes it took, the address type included
};
constexpr size_t NEEDS_MORE = 0;

kj::Maybe<size_t> targetLength(kj::ArrayPtr<const kj::byte> bytes);
// How long the target that begins there is, going by its first two bytes; NEEDS_MORE where these
// are not there yet; nullptr: no address type that is known.
kj::Maybe<ParsedTarget> parseTarget(kj::ArrayPtr<const kj::byte> bytes);
// Nullptr: not whole, or no address or name that could be meant.

}  // namespace portreeve::gate17::socks5
