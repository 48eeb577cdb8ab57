// SPDX-License-Identifier: GPL-3.0-or-later
// The name servers that systemd-resolved (org.freedesktop.resolve1(5)) and NetworkManager
// (org.freedesktop.NetworkManager.DnsManager) know of, link by link.
#pragma once

#include "resolver/network-servers.h"
#include "resolver/system-bus.h"

namespace portreeve::resolver {

void watchBusNames(SystemBus& bus, kj::Function<void()>& changed);
// `changed` is called whenever one of both comes, goes or changes what it knows.

kj::Promise<NetworkServers> askResolved(SystemBus& bus);
kj::Promise<NetworkServers> askNetworkManager(SystemBus& bus);
// Rejects, DISCONNECTED, where it does not run.
//
// A link's domains are zones of its servers. Its servers are asked for other names too where
// resolved calls it a default route, or a domain is "~."; where any is, only those. NetworkManager
// has no such word: a VPN with domains of its own is asked for these alone, and only a VPN's or
// "~" domains make zones (the others come from whoever runs the network).

}  // namespace portreeve::resolver
