// SPDX-License-Identifier: GPL-3.0-or-later
// Reads what the kernel multicasts, as soon as it comes.
#pragma once

#include "interceptor/netlink.h"

#include <kj/async-unix.h>
#include <kj/timer.h>

namespace portreeve::interceptor {

class NetlinkEvents {
public:
  class Receiver {
  public:
    virtual void onEvent(const nlmsghdr* message) = 0;
    virtual void onDrained() = 0;  // nothing more is there for the moment
    virtual void onLost() = 0;     // ENOBUFS: the kernel dropped events
  };

  NetlinkEvents(kj::UnixEventPort& port, kj::Timer& timer, NetlinkSocket joined,
                Receiver& receiver);
  // `joined` is a member of its groups already.
  KJ_DISALLOW_COPY(NetlinkEvents);

  kj::Promise<void> run();  // never resolves

  void readAvailable() { drain(); }
  // Gives the receiver what is there at this moment (a few hundred messages at most), without
  // onDrained().

private:
  kj::Timer& timer;
  NetlinkSocket socket;
  kj::UnixEventPort::FdObserver observer;
  Receiver& receiver;

  bool drain();
  void take(kj::ArrayPtr<const kj::byte> datagram);
};

NetlinkSocket openEvents(int protocol, kj::ArrayPtr<const uint32_t> groups);
// A socket with room for a burst; CAP_NET_ADMIN. Throws FAILED.

}  // namespace portreeve::interceptor
