// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/diag-message.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {
namespace {

Address addressOf(const __be32 (&words)[4], uint8_t family) {
  return family == AF_INET ? Address::fromV4(words) : Address::fromV6(words);
}

void put(__be32 (&words)[4], const Address& address, proto::Family family) {
  if (family == proto::Family::IPV4)
    memcpy(words, address.bytes.data() + 12, 4);
  else
    memcpy(words, address.bytes.data(), 16);
}

}  // namespace

kj::Maybe<const inet_diag_msg&> diagMessage(const nlmsghdr* message) {
  if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) return nullptr;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(inet_diag_msg)) return nullptr;
  auto& socket = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(message));
  if (socket.idiag_family != AF_INET && socket.idiag_family != AF_INET6) return nullptr;
  return socket;
}

Tuple tupleOf(const inet_diag_msg& socket, uint8_t protocol) {
  Tuple tuple;
  tuple.protocol = protocol;
  tuple.source = addressOf(socket.id.idiag_src, socket.idiag_family);
  tuple.destination = addressOf(socket.id.idiag_dst, socket.idiag_family);
  tuple.sourcePort = ntohs(socket.id.idiag_sport);
  tuple.destinationPort = ntohs(socket.id.idiag_dport);
  tuple.family = tuple.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  return tuple;
}

inet_diag_sockid socketId(const Tuple& tuple) {
  inet_diag_sockid id{};
  id.idiag_sport = htons(tuple.sourcePort);
  id.idiag_dport = htons(tuple.destinationPort);
  put(id.idiag_src, tuple.source, tuple.family);
  put(id.idiag_dst, tuple.destination, tuple.family);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return id;
}

}  // namespace portreeve::interceptor
