// SPDX-License-Identifier: GPL-3.0-or-later
// Where the resolver listens when other programs hold addresses of resolver.listen: chosen by
// whoever makes the sockets (`portreeve up`), handed to the daemons in their environment.
#pragma once

#include "common/settings.h"

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

constexpr kj::StringPtr DNS_LISTEN_VARIABLE = "PORTREEVE_DNS_LISTEN"_kj;
// "127.0.0.17:53 [::1]:53": in place of resolver.listen.
constexpr kj::StringPtr DNS_HELD_VARIABLE = "PORTREEVE_DNS_HELD"_kj;
// Who holds what, in words: "UDP 127.0.0.1:53 is held by dnsmasq (pid 7)".

constexpr kj::StringPtr SPARE_DNS_PLACES[] = {"127.0.0.17:53"_kj, "127.0.0.18:53"_kj,
                                              "127.0.0.17:1053"_kj, "[::1]:1053"_kj};
// In the order they are tried, each for its address family. IPv6 has one loopback address alone,
// and whoever listens on all of IPv4's has port 53 of each: another port helps both. None is
// 127.0.0.53, which is systemd-resolved's.

struct DnsPlace {
  kj::Vector<kj::String> listen;  // as in resolver.listen
  kj::String held;                // why it is not resolver.listen

  static kj::Maybe<DnsPlace> fromEnvironment();
  // Nullptr: resolver.listen holds.
};

void moveTo(const DnsPlace& place, Settings& settings);
// resolver.listen is what it says.

void noteWhoHasDnsPort(Settings& settings);
// settings.policy.othersHaveDnsPort is what resolver.listen makes of it. Call after moveTo().

}  // namespace portreeve
