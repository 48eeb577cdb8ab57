// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/netlink-events.h"

#include "interceptor/netlink-attributes.h"

#include <errno.h>
#include <kj/debug.h>

namespace portreeve::interceptor {
namespace {

constexpr int RECEIVE_BUFFER = 4 << 20;  // some thousand events
constexpr uint DATAGRAMS_AT_ONCE = 256;

}  // namespace

NetlinkEvents::NetlinkEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket joined,
                             Receiver& receiver)
    : timer(timer),
      socket(kj::mv(joined)),
      observer(port, socket.fd(), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      receiver(receiver) {}

kj::Promise<void> NetlinkEvents::run() {
  bool empty = drain();
  receiver.onDrained();
  // Through the timer, not evalLater: packets and verdicts get their turn in between.
  auto more = empty ? observer.whenBecomesReadable() : timer.afterDelay(0 * kj::NANOSECONDS);
  return more.then([this]() { return run(); });
}

bool NetlinkEvents::drain() {
  alignas(8) kj::byte buffer[NETLINK_READ_BYTES];
  for (uint i = 0; i < DATAGRAMS_AT_ONCE; i++) {
    ssize_t got = socket.receive(buffer);
    if (got == -EAGAIN) return true;
    if (got == -ENOBUFS)
      receiver.onLost();
    else if (got < 0)
      KJ_FAIL_SYSCALL("reading kernel events", int(-got));
    else
      take(kj::arrayPtr(buffer, size_t(got)));
  }
  return false;
}

void NetlinkEvents::take(kj::ArrayPtr<const kj::byte> datagram) {
  int left = int(datagram.size());
  auto message = reinterpret_cast<const nlmsghdr*>(datagram.begin());
  for (; messageFits(message, left); message = mnl_nlmsg_next(message, &left))
    receiver.onEvent(message);
}

NetlinkSocket openEvents(int protocol, kj::ArrayPtr<const uint32_t> groups) {
  NetlinkSocket socket(protocol);
  socket.setReceiveBuffer(RECEIVE_BUFFER);
  for (uint32_t group : groups) socket.join(group);
  return socket;
}

}  // namespace portreeve::interceptor
