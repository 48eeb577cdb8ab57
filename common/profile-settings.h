// SPDX-License-Identifier: GPL-3.0-or-later
// [profile.NAME] of portreeve.toml: what else holds at home than on the road, and how a network is
// told.
#pragma once

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve {

enum class DefaultAction : uint8_t { ALLOW, BLOCK, DROP, ASK };
kj::StringPtr toText(DefaultAction action);

struct NetworkCondition {
  // One table of `when`. All that are given hold of a network that fits; at least one is.
  kj::Maybe<kj::String> gateway;    // a MAC address, lower case, "02:00:5e:10:00:01"
  kj::Maybe<kj::String> ssid;       // exactly
  kj::Maybe<kj::String> interface;  // up, with a carrier; * and ? stand for any
  kj::Maybe<bool> vpn;              // whether a VPN's tunnel is up

  kj::String toString() const;  // as it is written: { gateway = "02:…", vpn = false }
};

struct Profile {
  kj::String name;                         // letters, digits, "-" and "_"; not "auto", not "none"
  kj::Maybe<DefaultAction> defaultAction;  // default; where it is missing that of [policy]
  kj::Maybe<DefaultAction> unanswered;     // unanswered; where it is missing that of [policy]
  kj::Vector<NetworkCondition> when;       // when = []: chosen by hand alone
};

}  // namespace portreeve
