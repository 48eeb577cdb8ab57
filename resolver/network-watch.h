// SPDX-License-Identifier: GPL-3.0-or-later
// Where this machine is: its default gateways and their MAC addresses, the wireless networks it has
// joined, the interfaces that are up, VPNs. Told by the kernel when something of it may have
// changed (rtnetlink), asked anew after that.
//
// Incremental bookkeeping would not do: routes of an interface that goes down vanish without a word
// (IPv4), and one that is replaced is told of as an addition.
#pragma once

#include "common/address.h"
#include "proto/profile.capnp.h"
#include "resolver/network-messages.h"

#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>
#include <map>
#include <utility>

namespace portreeve::resolver {

class NetlinkAsker {
  // Questions to the kernel, each answered within the call that reads the answer: never waits.
public:
  explicit NetlinkAsker(int protocol);  // before the sandbox
  using OnMessage = kj::FunctionParam<void(const nlmsghdr&)>;
  bool ask(nlmsghdr& question, OnMessage onMessage);
  // False where the kernel refuses, or cannot answer.

private:
  kj::AutoCloseFd socket;
  kj::Array<kj::byte> buffer;
  uint32_t sequence = 0;
};

class NetworkWatch {
public:
  NetworkWatch(kj::UnixEventPort& port, kj::Timer& timer);
  // Opens its sockets: before the sandbox.
  KJ_DISALLOW_COPY(NetworkWatch);

  kj::Promise<void> changed();
  // Resolves when something may be another than at the last `look`, and things have settled. One at
  // a time.

  struct Attachment {
    struct Gateway {
      kj::String interface;
      Address address;
      kj::String mac;  // empty where this machine has not spoken to it yet
    };
    kj::Vector<Gateway> gateways;
    kj::Vector<std::pair<kj::String, kj::String>> wireless;  // interface, SSID
    kj::Vector<kj::String> interfaces;
    kj::Vector<kj::String> vpns;

    void to(proto::Attachment::Builder builder) const;
    bool operator==(const Attachment& other) const;
  };
  Attachment look();

private:
  using Hop = std::pair<uint32_t, Address>;  // interface, gateway

  kj::Timer& timer;
  kj::AutoCloseFd events;
  kj::UnixEventPort::FdObserver observer;
  NetlinkAsker routing, generic;
  uint16_t wirelessFamily = 0;     // 0: the kernel has none (yet)
  std::map<Hop, kj::String> macs;  // of the gateways there are, as last seen

  bool drain();
  bool matters(const nlmsghdr& message) const;
  std::map<uint32_t, Link> links();
  kj::Vector<NextHop> hops();
  kj::String macOf(const NextHop& hop);
  kj::Vector<WirelessInterface> wireless();
};

}  // namespace portreeve::resolver
