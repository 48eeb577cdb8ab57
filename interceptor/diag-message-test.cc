// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/diag-message.h"

#include "interceptor/socket-events.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

struct Message {
  alignas(8) char buffer[256]{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer);
  inet_diag_msg* socket;

  Message(uint8_t family, const Tuple& tuple) {
    header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    socket = static_cast<inet_diag_msg*>(mnl_nlmsg_put_extra_header(header, sizeof *socket));
    socket->idiag_family = family;
    socket->id = socketId(tuple);
  }
};

Tuple tuple(kj::StringPtr local, kj::StringPtr remote) {
  Tuple result;
  result.source = KJ_ASSERT_NONNULL(Address::parse(local));
  result.destination = KJ_ASSERT_NONNULL(Address::parse(remote));
  result.family = result.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  result.protocol = PROTOCOL_UDP;
  result.sourcePort = 41001;
  result.destinationPort = 53;
  return result;
}

TEST_CASE("a socket's tuple is read back as it was asked for") {
  auto v4 = tuple("192.0.2.1", "198.51.100.2");
  CHECK(KJ_ASSERT_NONNULL(decodeClosedSocket(Message(AF_INET, v4).header)).tuple == v4);
  auto v6 = tuple("2001:db8::1", "2001:db8::2");
  CHECK(KJ_ASSERT_NONNULL(decodeClosedSocket(Message(AF_INET6, v6).header)).tuple == v6);
}

TEST_CASE("an IPv6 socket that talks to an IPv4 peer is an IPv4 flow") {
  auto asked = tuple("192.0.2.1", "198.51.100.2");
  Tuple spelledOut = asked;
  spelledOut.family = proto::Family::IPV6;  // ::ffff:192.0.2.1
  CHECK(KJ_ASSERT_NONNULL(decodeClosedSocket(Message(AF_INET6, spelledOut).header)).tuple == asked);
}

TEST_CASE("sockets of other families and other messages are left out") {
  auto v4 = tuple("192.0.2.1", "198.51.100.2");
  CHECK(decodeClosedSocket(Message(AF_UNIX, v4).header) == nullptr);
  Message other(AF_INET, v4);
  other.header->nlmsg_type = NLMSG_DONE;
  CHECK(decodeClosedSocket(other.header) == nullptr);
  Message tooShort(AF_INET, v4);
  tooShort.header->nlmsg_len -= 8;
  CHECK(decodeClosedSocket(tooShort.header) == nullptr);
}

}  // namespace
}  // namespace portreeve::interceptor
