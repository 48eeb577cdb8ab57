// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to sock_diag(7) and its answers (linux/inet_diag.h), as bytes. Pure functions.
//
// A socket is asked for by the tuple as its owner sees it: source is the local end.
#pragma once

#include "common/tuple.h"

#include <kj/common.h>
#include <kj/function.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>

#include <cstdint>

namespace portreeve::attributor {

struct DiagQuestion {
  // One netlink message, as it goes to the kernel.
  nlmsghdr header;
  inet_diag_req_v2 request;
};

struct DiagSocket {
  // What the kernel says of one socket.
  uint64_t cookie = 0;  // never used again while the machine runs
  uint64_t inode = 0;   // 0: no process has it open (any more)
  uint64_t cgroup = 0;  // id of its cgroup (v2), 0 where the kernel does not say
  uint32_t uid = 0;
  uint8_t state = 0;  // TCP_… of linux/tcp_states.h; UDP: TCP_ESTABLISHED or TCP_CLOSE
  Tuple tuple;        // source: local end; the destination is 0 where it is not connected
};

// States of include/net/tcp_states.h that user space has no header for.
constexpr uint8_t STATE_ESTABLISHED = 1, STATE_SYN_SENT = 2, STATE_SYN_RECEIVED = 3,
                  STATE_TIME_WAIT = 6, STATE_CLOSE = 7, STATE_LISTEN = 10,
                  STATE_NEW_SYN_RECEIVED = 12;

uint8_t addressFamily(proto::Family family);  // AF_INET or AF_INET6

DiagQuestion exactQuestion(const Tuple& localToRemote, uint32_t interface, uint32_t sequence);
// For the one socket that the kernel itself would choose for a packet of that tuple, in any state.
// `interface`: of the packet, so that sockets bound to a device are found; 0 otherwise.

DiagQuestion dumpQuestion(proto::Family family, uint8_t protocol, uint32_t states,
                          uint16_t localPort, uint32_t sequence);
// For all sockets in these states (bits 1 << state), on one local port unless it is 0.

struct DiagAnswer {
  enum class Kind { SOCKET, ERROR, DONE, OTHER };
  Kind kind = Kind::OTHER;
  DiagSocket socket;  // SOCKET
  int error = 0;      // ERROR: errno
  uint32_t sequence = 0;
};

void readAnswers(kj::ArrayPtr<const kj::byte> datagram, uint8_t protocol,
                 kj::FunctionParam<void(const DiagAnswer&)> onAnswer);
// Each message of one datagram of the kernel's; what does not fit in is left out.

}  // namespace portreeve::attributor
