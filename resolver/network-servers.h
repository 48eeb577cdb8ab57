// SPDX-License-Identifier: GPL-3.0-or-later
// The name servers that this machine was given by its network, and for which names.
#pragma once

#include "resolver/listening-socket.h"
#include "resolver/name.h"
#include "resolver/upstream.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::resolver {

struct LinkServers {
  kj::String origin;             // "resolv.conf", "systemd-resolved, tun0", "NetworkManager, eth0"
  kj::Vector<Upstream> servers;  // the preferred one first
  kj::Vector<Name> zones;        // whose names go to these servers and to no others
  bool forAll = true;            // names of nobody's zone may go there, too
};

struct NetworkServers {
  kj::Vector<LinkServers> links;

  bool hasServers() const;
  void removeServers(kj::ArrayPtr<const Endpoint> ours);
  // Takes out every server that is one of `ours`, and links that have none left.

  kj::String describe() const;
  // One line a link; equal for what is equal.
};

}  // namespace portreeve::resolver
