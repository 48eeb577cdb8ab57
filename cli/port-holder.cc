// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/port-holder.h"

#include "cli/processes.h"
#include "cli/text-file.h"

#include <stdlib.h>
#include <string.h>

namespace portreeve::cli {
namespace {

constexpr uint64_t TCP_LISTENING = 0x0a;  // include/net/tcp_states.h

// Columns of a line, by number of the word.
constexpr size_t LOCAL = 1, STATE = 3, INODE = 9;

struct Local {
  Address address;
  uint16_t port;
};

uint64_t hexadecimal(kj::ArrayPtr<const char> digits) {
  return strtoull(kj::heapString(digits.begin(), digits.size()).cStr(), nullptr, 16);
}

kj::Maybe<Local> parseLocal(kj::StringPtr word) {
  // "0100007F:0035": 32-bit words as this machine stores them, one for IPv4, four for IPv6.
  KJ_IF_MAYBE (colon, word.findFirst(':')) {
    if (*colon != 8 && *colon != 32) return nullptr;
    uint8_t bytes[16];
    for (size_t i = 0; i < *colon / 8; i++) {
      uint32_t value = uint32_t(hexadecimal(word.slice(i * 8, i * 8 + 8)));
      memcpy(bytes + i * 4, &value, sizeof value);
    }
    auto address = *colon == 8 ? Address::fromV4(bytes) : Address::fromV6(bytes);
    return Local{address, uint16_t(hexadecimal(word.slice(*colon + 1)))};
  }
  return nullptr;
}

kj::StringPtr tableOf(Transport transport, bool v6) {
  if (transport == Transport::TCP) return v6 ? "/proc/net/tcp6"_kj : "/proc/net/tcp"_kj;
  return v6 ? "/proc/net/udp6"_kj : "/proc/net/udp"_kj;
}

}  // namespace

kj::Vector<uint64_t> socketsOnPort(kj::StringPtr table, Transport transport, const Address& address,
                                   uint16_t port) {
  kj::Vector<uint64_t> inodes;
  for (auto& line : linesOf(table)) {
    auto words = wordsOf(line);
    if (words.size() <= INODE) continue;
    KJ_IF_MAYBE (local, parseLocal(words[LOCAL])) {
      bool inTheWay =
          local->port == port &&
          (local->address == address || local->address.isUnspecified() || address.isUnspecified());
      if (transport == Transport::TCP && hexadecimal(words[STATE]) != TCP_LISTENING) continue;
      if (inTheWay) inodes.add(strtoull(words[INODE].cStr(), nullptr, 10));
    }
  }
  return inodes;
}

kj::Vector<kj::String> holdersOfPort(Transport transport, const Address& address, uint16_t port) {
  kj::Vector<kj::String> holders;
  // A dual-stack socket on [::] stands in the way of IPv4, too; none of IPv4 in that of IPv6.
  for (bool v6 : {false, true}) {
    if (!v6 && !address.isV4()) continue;
    KJ_IF_MAYBE (table, readText(tableOf(transport, v6)))
      for (uint64_t inode : socketsOnPort(*table, transport, address, port))
        KJ_IF_MAYBE (pid, holderOfSocket(inode)) holders.add(describeProcess(*pid));
  }
  return holders;
}

kj::Maybe<kj::String> holderOfPort(Transport transport, const Address& address, uint16_t port) {
  auto holders = holdersOfPort(transport, address, port);
  if (holders.empty()) return nullptr;
  return kj::mv(holders[0]);
}

kj::Maybe<kj::String> otherHolderOfPort(Transport transport, const Address& address,
                                        uint16_t port) {
  for (auto& holder : holdersOfPort(transport, address, port))
    if (!isTheSuites(holder)) return kj::mv(holder);
  return nullptr;
}

bool suiteHoldsPort(Transport transport, const Address& address, uint16_t port) {
  for (auto& holder : holdersOfPort(transport, address, port))
    if (isTheSuites(holder)) return true;
  return false;
}

bool isTheSuites(kj::StringPtr holder) {
  return holder.startsWith("portreeve") || holder.startsWith("systemd (pid 1,") ||
         holder.startsWith("init (pid 1,");
}

}  // namespace portreeve::cli
