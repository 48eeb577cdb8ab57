// SPDX-License-Identifier: GPL-3.0-or-later
// The network interfaces of this network namespace and their names, kept up to date by
// rtnetlink(7).
#pragma once

#include "attributor/netlink.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/string.h>

#include <unordered_map>

namespace portreeve::attributor {

struct LinkMessage {
  uint32_t index = 0;
  kj::StringPtr name;  // in the datagram
  bool loopback = false;
  bool gone = false;
};

void readLinks(kj::ArrayPtr<const kj::byte> datagram,
               kj::FunctionParam<void(const LinkMessage&)> onLink);
// The RTM_NEWLINK and RTM_DELLINK messages in one datagram of the kernel's. A pure function.

class Interfaces {
public:
  Interfaces();  // before the sandbox; reads what is there
  KJ_DISALLOW_COPY(Interfaces);

  kj::Promise<void> watch(kj::UnixEventPort& port);
  // Never resolves. Call once.

  kj::StringPtr nameOf(uint32_t index);  // empty where there is none (any more)
  bool isLoopback(uint32_t index);

private:
  struct Link {
    kj::String name;
    bool loopback;
  };

  NetlinkSocket socket;
  kj::Array<kj::byte> buffer;
  std::unordered_map<uint32_t, Link> links;

  void askForAll();
  void drain();
  kj::Promise<void> watchNext(kj::UnixEventPort::FdObserver& observer);
  kj::Maybe<Link&> find(uint32_t index);
};

}  // namespace portreeve::attributor
