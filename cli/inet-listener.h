// SPDX-License-Identifier: GPL-3.0-or-later
// A bound TCP or UDP socket, or why there is none.
#pragma once

#include "common/address.h"

#include <kj/io.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::cli {

enum class Transport : uint8_t { TCP, UDP };
kj::StringPtr toText(Transport transport);  // "TCP", "UDP"

struct InetListener {
  kj::Maybe<kj::AutoCloseFd> fd;  // TCP: listening
  bool familyMissing = false;     // this machine (or network namespace) has no IPv6, or no IPv4
  kj::String place;               // "UDP 127.0.0.1:53"
  kj::Maybe<kj::String> holder;   // who has it already, in words
  kj::String problem;             // who or what is in the way, and what to do
};

bool familyIsMissing(const Address& address);
// This machine has no IPv6.

InetListener listenInet(Transport transport, const Address& address, uint16_t port);
// IPv6 sockets are for IPv6 alone (IPV6_V6ONLY), so that each family has its own.

}  // namespace portreeve::cli
