// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/packet-header.h"

#include "attributor/packet-samples.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

namespace portreeve::attributor {
namespace {

using proto::Family;
using proto::Malformed;

TEST_CASE("ports and flags of TCP over IPv4, with options and without") {
  for (uint8_t options : {0, 1, 10}) {
    auto header = readSample(ipv4(6, tcp(40000, 443, 0x12), options), Family::IPV4);
    CHECK(header.malformed == Malformed::NO);
    CHECK(header.tuple.toString() == "tcp 192.0.2.1:40000 -> 198.51.100.2:443");
    CHECK(header.tuple.family == Family::IPV4);
    CHECK(header.tcpFlags == 0x12);
    CHECK_FALSE(header.fragment);
  }
}

TEST_CASE("ports of every protocol that has them, in both families") {
  for (uint8_t protocol : {17, 136, 132, 33}) {
    for (auto family : {Family::IPV4, Family::IPV6}) {
      auto packet = family == Family::IPV4 ? ipv4(protocol, ports(53, 5353, 12))
                                           : ipv6(protocol, ports(53, 5353, 12));
      auto header = readSample(packet, family);
      CHECK(header.malformed == Malformed::NO);
      CHECK(header.tuple.protocol == protocol);
      CHECK(header.tuple.sourcePort == 53);
      CHECK(header.tuple.destinationPort == 5353);
      CHECK(header.tcpFlags == 0);
    }
  }
}

TEST_CASE("ICMP has type and code, and echo an identifier") {
  auto request = readSample(ipv4(1, icmp(8, 0, 0x1234)), Family::IPV4);
  CHECK(request.icmpType == 8);
  CHECK(request.tuple.sourcePort == 0x1234);
  CHECK(request.tuple.destinationPort == 8 << 8);
  auto unreachable = readSample(ipv4(1, icmp(3, 10, 0x1234)), Family::IPV4);
  CHECK(unreachable.icmpCode == 10);
  CHECK(unreachable.tuple.sourcePort == 0);
  CHECK(unreachable.tuple.destinationPort == (3 << 8 | 10));
  auto v6 = readSample(ipv6(58, icmp(128, 0, 7)), Family::IPV6);
  CHECK(v6.tuple.sourcePort == 7);
  CHECK(v6.tuple.destinationPort == 128 << 8);
  auto neighbour = readSample(ipv6(58, icmp(135, 0, 7)), Family::IPV6);
  CHECK(neighbour.tuple.sourcePort == 0);
}

TEST_CASE("extension headers are passed over") {
  auto chain = joined({extension(IPPROTO_ROUTING), extension(IPPROTO_DSTOPTS, 3),
                       extension(IPPROTO_TCP), tcp(1, 2, 2)});
  auto header = readSample(ipv6(IPPROTO_HOPOPTS, chain), Family::IPV6);
  CHECK(header.malformed == Malformed::NO);
  CHECK(header.tuple.toString() == "tcp [2001:db8::1]:1 -> [2001:db8::2]:2");
  CHECK(header.tcpFlags == 2);
}

TEST_CASE("an authentication header counts its length in other units") {
  Octets authentication(24, 0);
  authentication[0] = IPPROTO_UDP;
  authentication[1] = 4;  // (4 + 2) * 4 octets
  auto header = readSample(ipv6(51, joined({authentication, ports(5, 6, 8)})), Family::IPV6);
  CHECK(header.tuple.protocol == 17);
  CHECK(header.tuple.destinationPort == 6);
}

TEST_CASE("the first fragment has ports, later ones do not") {
  auto first = readSample(ipv4(17, ports(1, 2, 8), 0, 0x2000), Family::IPV4);
  CHECK_FALSE(first.fragment);
  CHECK(first.tuple.destinationPort == 2);
  auto later = readSample(ipv4(17, ports(1, 2, 8), 0, 0x2010), Family::IPV4);
  CHECK(later.fragment);
  CHECK(later.tuple.destinationPort == 0);
  CHECK(later.malformed == Malformed::NO);

  auto v6 = [](uint16_t offset) {
    return readSample(
        ipv6(IPPROTO_FRAGMENT, joined({fragmentHeader(17, offset, true), ports(1, 2, 8)})),
        Family::IPV6);
  };
  CHECK_FALSE(v6(0).fragment);
  CHECK(v6(0).tuple.destinationPort == 2);
  CHECK(v6(9).fragment);
  CHECK(v6(9).tuple.protocol == 17);
  CHECK(v6(9).tuple.destinationPort == 0);
}

TEST_CASE("a chain of extension headers ends") {
  Octets chain;
  for (int i = 0; i < 9; i++) chain = joined({chain, extension(IPPROTO_DSTOPTS)});
  auto header = readSample(ipv6(IPPROTO_DSTOPTS, chain), Family::IPV6);
  CHECK(header.malformed == Malformed::TOO_MANY_HEADERS);
}

TEST_CASE("headers beyond what was copied are truncated") {
  auto chain = joined({extension(IPPROTO_TCP, 30), tcp(1, 2, 2)});
  auto header = readSample(ipv6(IPPROTO_DSTOPTS, chain), Family::IPV6);
  CHECK(header.malformed == Malformed::TRUNCATED);
}

TEST_CASE("no next header is a protocol of its own") {
  auto header = readSample(ipv6(IPPROTO_NONE, {}), Family::IPV6);
  CHECK(header.malformed == Malformed::NO);
  CHECK(header.tuple.protocol == IPPROTO_NONE);
}

TEST_CASE("another version than the queue's is malformed") {
  CHECK(readSample(ipv6(6, tcp(1, 2, 2)), Family::IPV4).malformed == Malformed::BAD_VERSION);
  CHECK(readSample(ipv4(6, tcp(1, 2, 2)), Family::IPV6).malformed == Malformed::BAD_VERSION);
  auto nothing = readSample({}, Family::IPV4);
  CHECK(nothing.malformed == Malformed::TRUNCATED);
  CHECK(nothing.tuple.source.isV4());
}

TEST_CASE("lengths that cannot be are malformed") {
  auto packet = ipv4(6, tcp(1, 2, 2));
  SUBCASE("a header shorter than five words") {
    packet[0] = 0x44;
  }
  SUBCASE("a packet shorter than its header") {
    packet[3] = 19;
  }
  SUBCASE("a packet longer than what came") {
    packet[3] = 60;
  }
  SUBCASE("no length at all") {
    packet[2] = packet[3] = 0;
  }
  CHECK(readSample(packet, Family::IPV4).malformed == Malformed::BAD_LENGTH);
  auto six = ipv6(6, tcp(1, 2, 2));
  six[5] = 21;
  CHECK(readSample(six, Family::IPV6).malformed == Malformed::BAD_LENGTH);
}

TEST_CASE("the kernel's packets beyond 64 KiB say no length") {
  auto packet = ipv4(6, tcp(1, 2, 2));
  packet[2] = packet[3] = 0;
  auto header = readPacket(kj::arrayPtr(packet.data(), packet.size()), 100000, Family::IPV4);
  CHECK(header.malformed == Malformed::NO);
  CHECK(header.tuple.destinationPort == 2);
}

TEST_CASE("a packet that is cut anywhere is truncated, and keeps what was read") {
  struct Whole {
    Octets packet;
    Family family;
    size_t addressesEnd, unread;  // of the last header, not needed
  };
  Whole wholes[] = {
      {ipv4(6, tcp(1, 2, 2), 3), Family::IPV4, 20, 6},
      {ipv4(1, icmp(8, 0, 5)), Family::IPV4, 20, 2},
      {ipv6(IPPROTO_HOPOPTS, joined({extension(6), tcp(1, 2, 2)})), Family::IPV6, 40, 6},
  };
  for (auto& whole : wholes) {
    size_t needed = whole.packet.size() - whole.unread;
    for (size_t length = 0; length < needed; length++) {
      // Exactly so long in memory: the address sanitizer sees a byte too many.
      auto cut = kj::heapArray<kj::byte>(whole.packet.data(), length);
      auto header = readPacket(cut, uint32_t(whole.packet.size()), whole.family);
      CHECK(header.malformed == Malformed::TRUNCATED);
      if (length >= whole.addressesEnd)
        CHECK(header.tuple.destination == readSample(whole.packet, whole.family).tuple.destination);
    }
  }
}

}  // namespace
}  // namespace portreeve::attributor
