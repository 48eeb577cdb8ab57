// SPDX-License-Identifier: GPL-3.0-or-later
// Netlink sockets (netlink(7)) for what the kernel keeps: queues, conntrack, sockets. Messages are
// written by hand with libmnl. A request to the kernel is done when send() returns, so asking and
// reading the answer never waits for anybody.
#pragma once

#include <kj/common.h>
#include <kj/function.h>
#include <kj/io.h>
#include <libmnl/libmnl.h>

#include <cstdint>

namespace portreeve::interceptor {

constexpr size_t NETLINK_READ_BYTES = 32768;
// The kernel fills no more than this into one part of a dump.

class NetlinkSocket {
public:
  explicit NetlinkSocket(int protocol);
  // NETLINK_NETFILTER or NETLINK_SOCK_DIAG; non-blocking, close-on-exec, of the current network
  // namespace. Throws FAILED when the kernel refuses.

  void join(uint32_t group);
  // A multicast group by its number. Throws FAILED.

  void setReceiveBuffer(int bytes);  // beyond net.core.rmem_max; needs CAP_NET_ADMIN
  void ignoreOverruns();
  // NETLINK_NO_ENOBUFS: a full receive buffer is not reported (and does not stall what follows).

  void send(const void* messages, size_t bytes);
  // Throws FAILED when the kernel does not take them at all; what it says to each comes as an
  // answer.

  ssize_t receive(kj::ArrayPtr<kj::byte> buffer);
  // One datagram; its length, or minus errno (-EAGAIN: nothing is there).

  int fd() const { return socket.get(); }

private:
  kj::AutoCloseFd socket;
};

class NetlinkRequests {
  // Requests that go out together and are each acknowledged. At most MAX at a time.
public:
  static constexpr uint MAX = 64;
  static constexpr size_t MAX_MESSAGE = 256;

  nlmsghdr* add(uint16_t type, uint16_t flags);
  // A new request, to be completed with mnl_..._put until the next call; NLM_F_REQUEST and
  // NLM_F_ACK are set. Full: throws.
  bool full() const { return count == MAX; }
  uint size() const { return count; }

  void send(NetlinkSocket& socket, kj::FunctionParam<void(uint index, int error)> onAnswer);
  // Sends all, hands over what the kernel said to each (0 or errno), and forgets them. Nothing is
  // sent when there is none. For sockets on which nothing but answers arrive.

private:
  alignas(8) char buffer[MAX * MAX_MESSAGE];
  size_t used = 0;
  nlmsghdr* last = nullptr;
  uint count = 0;

  void close();
};

void putNetfilterHeader(nlmsghdr* message, uint8_t family, uint16_t resource);
// struct nfgenmsg behind the message's header; `resource` in host byte order.

uint16_t netfilterType(uint8_t subsystem, uint8_t message);

kj::Maybe<int> errorOf(const nlmsghdr* message);
// The errno of an NLMSG_ERROR (0: an acknowledgement); nullptr for other messages.

}  // namespace portreeve::interceptor
