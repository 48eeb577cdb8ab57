// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/netlink.h"

#include "interceptor/netlink-attributes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <kj/debug.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

namespace portreeve::interceptor {

NetlinkSocket::NetlinkSocket(int protocol) {
  int opened;
  KJ_SYSCALL(opened = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol),
             protocol);
  socket = kj::AutoCloseFd(opened);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  KJ_SYSCALL(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), protocol);
}

void NetlinkSocket::join(uint32_t group) {
  KJ_SYSCALL(setsockopt(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group), group);
}

void NetlinkSocket::setReceiveBuffer(int bytes) {
  KJ_SYSCALL(setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes));
}

void NetlinkSocket::ignoreOverruns() {
  int on = 1;
  KJ_SYSCALL(setsockopt(socket, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on));
}

void NetlinkSocket::send(const void* messages, size_t bytes) {
  ssize_t sent;
  KJ_SYSCALL(sent = ::send(socket, messages, bytes, 0));
}

ssize_t NetlinkSocket::receive(kj::ArrayPtr<kj::byte> buffer) {
  for (;;) {
    ssize_t got = recv(socket, buffer.begin(), buffer.size(), 0);
    if (got >= 0) return got;
    if (errno != EINTR) return -errno;
  }
}

nlmsghdr* NetlinkRequests::add(uint16_t type, uint16_t flags) {
  KJ_REQUIRE(!full(), "too many netlink requests at a time");
  close();
  last = mnl_nlmsg_put_header(buffer + used);
  last->nlmsg_type = type;
  last->nlmsg_flags = uint16_t(NLM_F_REQUEST | NLM_F_ACK | flags);
  last->nlmsg_seq = ++count;
  return last;
}

void NetlinkRequests::close() {
  if (last == nullptr) return;
  KJ_ASSERT(last->nlmsg_len <= MAX_MESSAGE, "a netlink request is too long", last->nlmsg_len);
  used += MNL_ALIGN(last->nlmsg_len);
  last = nullptr;
}

void NetlinkRequests::send(NetlinkSocket& socket,
                           kj::FunctionParam<void(uint index, int error)> onAnswer) {
  close();
  uint expected = count;
  size_t bytes = used;
  used = count = 0;
  if (expected == 0) return;
  socket.send(buffer, bytes);

  alignas(8) kj::byte answers[NETLINK_READ_BYTES];
  uint answered = 0;
  while (answered < expected) {
    ssize_t got = socket.receive(answers);
    if (got < 0) KJ_FAIL_SYSCALL("recv from netlink", int(-got), answered, expected);
    int left = int(got);
    auto message = reinterpret_cast<nlmsghdr*>(answers);
    for (; messageFits(message, left); message = mnl_nlmsg_next(message, &left)) {
      KJ_IF_MAYBE (error, errorOf(message)) {
        if (message->nlmsg_seq == 0 || message->nlmsg_seq > expected) continue;
        answered++;
        onAnswer(message->nlmsg_seq - 1, *error);
      }
    }
  }
}

void putNetfilterHeader(nlmsghdr* message, uint8_t family, uint16_t resource) {
  auto header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
  header->res_id = htons(resource);
}

uint16_t netfilterType(uint8_t subsystem, uint8_t message) {
  return uint16_t(subsystem << 8 | message);
}

kj::Maybe<int> errorOf(const nlmsghdr* message) {
  if (message->nlmsg_type != NLMSG_ERROR) return nullptr;
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) return EBADMSG;
  return -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message))->error;
}

}  // namespace portreeve::interceptor
