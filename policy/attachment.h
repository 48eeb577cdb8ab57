// SPDX-License-Identifier: GPL-3.0-or-later
// What this machine is attached to, as the resolver tells it (proto/profile.capnp), and which
// profiles' conditions that fits. Policy itself sees no network.
#pragma once

#include "common/profile-settings.h"
#include "proto/profile.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::policy {

struct Attachment {
  struct Gateway {
    kj::String interface;
    kj::String address;
    kj::String mac;  // lower case; empty where it is not known yet
  };
  struct Wireless {
    kj::String interface;
    kj::String ssid;
  };
  kj::Vector<Gateway> gateways;
  kj::Vector<Wireless> wireless;
  kj::Vector<kj::String> interfaces;  // up, with a carrier, without loopback
  kj::Vector<kj::String> vpns;        // of these: tunnels

  static Attachment from(proto::Attachment::Reader told);
  void to(proto::Attachment::Builder builder) const;

  bool fits(const NetworkCondition& condition) const;  // all that it gives
  bool fits(const Profile& profile) const;             // one of its conditions
  kj::String toString() const;  // "gateway 02:… (192.0.2.1 on eth0), SSID Home, VPN wg0"
};

}  // namespace portreeve::policy
