// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/diag-message.h"

#include "attributor/netlink-messages.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::attributor {
namespace {

void put(__be32 (&words)[4], const Address& address, proto::Family family) {
  if (family == proto::Family::IPV4)
    memcpy(words, address.bytes.data() + 12, 4);
  else
    memcpy(words, address.bytes.data(), 16);
}

Address addressOf(const __be32 (&words)[4], uint8_t family) {
  return family == AF_INET ? Address::fromV4(words) : Address::fromV6(words);
}

DiagQuestion question(proto::Family family, uint8_t protocol, uint16_t flags, uint32_t sequence) {
  DiagQuestion question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
  question.header.nlmsg_seq = sequence;
  question.request.sdiag_family = addressFamily(family);
  question.request.sdiag_protocol = protocol;
  question.request.idiag_states = ~0u;
  question.request.id.idiag_cookie[0] = question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

bool isDatagram(uint8_t protocol) {
  return protocol == PROTOCOL_UDP || protocol == PROTOCOL_UDPLITE;
}

uint64_t cgroupOf(const nlmsghdr& message) {
  auto first = reinterpret_cast<const char*>(&message) + NLMSG_LENGTH(sizeof(inet_diag_msg));
  auto attribute = reinterpret_cast<const rtattr*>(first);
  int left = int(message.nlmsg_len) - int(NLMSG_LENGTH(sizeof(inet_diag_msg)));
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != INET_DIAG_CGROUP_ID) continue;
    uint64_t id = 0;
    if (RTA_PAYLOAD(attribute) == sizeof id) memcpy(&id, RTA_DATA(attribute), sizeof id);
    return id;
  }
  return 0;
}

DiagSocket socketOf(const nlmsghdr& header, const inet_diag_msg& message, uint8_t protocol) {
  DiagSocket socket;
  auto& id = message.id;
  socket.cookie = uint64_t(id.idiag_cookie[1]) << 32 | id.idiag_cookie[0];
  socket.inode = message.idiag_inode;
  socket.cgroup = cgroupOf(header);
  socket.uid = message.idiag_uid;
  socket.state = message.idiag_state;
  socket.tuple.protocol = protocol;
  socket.tuple.source = addressOf(id.idiag_src, message.idiag_family);
  socket.tuple.destination = addressOf(id.idiag_dst, message.idiag_family);
  socket.tuple.sourcePort = ntohs(id.idiag_sport);
  socket.tuple.destinationPort = ntohs(id.idiag_dport);
  // An IPv6 socket that talks to an IPv4-mapped peer sends IPv4.
  socket.tuple.family = socket.tuple.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  return socket;
}

DiagAnswer answerOf(const nlmsghdr& message, uint8_t protocol) {
  DiagAnswer answer;
  answer.sequence = message.nlmsg_seq;
  size_t payload = message.nlmsg_len - NLMSG_HDRLEN;
  switch (message.nlmsg_type) {
    case NLMSG_DONE:
      answer.kind = DiagAnswer::Kind::DONE;
      break;
    case NLMSG_ERROR:
      answer.kind = DiagAnswer::Kind::ERROR;
      answer.error = payload < sizeof(nlmsgerr)
                         ? EBADMSG
                         : -static_cast<const nlmsgerr*>(NLMSG_DATA(&message))->error;
      break;
    case SOCK_DIAG_BY_FAMILY: {
      if (payload < sizeof(inet_diag_msg)) break;
      auto& socket = *static_cast<const inet_diag_msg*>(NLMSG_DATA(&message));
      if (socket.idiag_family != AF_INET && socket.idiag_family != AF_INET6) break;
      answer.kind = DiagAnswer::Kind::SOCKET;
      answer.socket = socketOf(message, socket, protocol);
      break;
    }
    default:
      break;
  }
  return answer;
}

}  // namespace

uint8_t addressFamily(proto::Family family) {
  return family == proto::Family::IPV4 ? AF_INET : AF_INET6;
}

DiagQuestion exactQuestion(const Tuple& localToRemote, uint32_t interface, uint32_t sequence) {
  auto asked = question(localToRemote.family, localToRemote.protocol, 0, sequence);
  // TCP is looked for as its owner sees it, UDP as a packet that arrives: inet_diag's
  // inet_diag_find_one_icsk() and udp_dump_one() take the two ends in opposite order.
  const Tuple& tuple = localToRemote;
  Tuple ends = isDatagram(tuple.protocol) ? tuple.reversed() : tuple;
  auto& id = asked.request.id;
  put(id.idiag_src, ends.source, tuple.family);
  put(id.idiag_dst, ends.destination, tuple.family);
  id.idiag_sport = htons(ends.sourcePort);
  id.idiag_dport = htons(ends.destinationPort);
  id.idiag_if = interface;
  return asked;
}

DiagQuestion dumpQuestion(proto::Family family, uint8_t protocol, uint32_t states,
                          uint16_t localPort, uint32_t sequence) {
  auto asked = question(family, protocol, NLM_F_DUMP, sequence);
  asked.request.idiag_states = states;
  asked.request.id.idiag_sport = htons(localPort);
  return asked;
}

void readAnswers(kj::ArrayPtr<const kj::byte> datagram, uint8_t protocol,
                 kj::FunctionParam<void(const DiagAnswer&)> onAnswer) {
  forEachMessage(datagram, [&](const nlmsghdr& message) { onAnswer(answerOf(message, protocol)); });
}

}  // namespace portreeve::attributor
