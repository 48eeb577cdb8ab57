// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/network-servers.h"

namespace portreeve::resolver {
namespace {

bool isOurs(const Upstream& server, kj::ArrayPtr<const Endpoint> ours) {
  for (auto& own : ours) {
    if (server.port != own.port) continue;
    if (server.address == own.address || server.address.isUnspecified()) return true;
    // A socket bound to all addresses takes what is sent to any of this machine's.
    if (own.address.isUnspecified() && server.address.scope() == Scope::LOCALHOST) return true;
  }
  return false;
}

}  // namespace

bool NetworkServers::hasServers() const {
  for (auto& link : links)
    if (!link.servers.empty()) return true;
  return false;
}

void NetworkServers::removeServers(kj::ArrayPtr<const Endpoint> ours) {
  kj::Vector<LinkServers> kept;
  for (auto& link : links) {
    kj::Vector<Upstream> servers;
    for (auto& server : link.servers)
      if (!isOurs(server, ours)) servers.add(kj::mv(server));
    link.servers = kj::mv(servers);
    if (!link.servers.empty()) kept.add(kj::mv(link));
  }
  links = kj::mv(kept);
}

kj::String NetworkServers::describe() const {
  auto lines = KJ_MAP(link, links) {
    auto servers = KJ_MAP(server, link.servers) {
      return server.toString();
    };
    auto zones = KJ_MAP(zone, link.zones) {
      return zone.text();
    };
    return kj::str(link.origin, ": ", kj::strArray(servers, " "), link.forAll ? "" : " only",
                   zones.size() > 0 ? " for " : "", kj::strArray(zones, " "));
  };
  return kj::strArray(lines, "\n");
}

}  // namespace portreeve::resolver
