// SPDX-License-Identifier: GPL-3.0-or-later
// All sockets of the suite, made before any daemon is: so that the order of start does not matter,
// no daemon needs the right to bind, and what waits in a socket survives its daemon.
#pragma once

#include "cli/child.h"
#include "cli/dns-sockets.h"
#include "cli/endpoint.h"
#include "cli/inet-listener.h"
#include "common/accounts.h"
#include "common/directories.h"
#include "common/settings.h"

#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

class ListeningSockets {
public:
  void makeUnixSockets(const Directories& directories, const Accounts& accounts);
  // <process>.sock for each daemon, open to anybody (authority is by SO_PEERCRED); the reader's for
  // the attributor alone. Stale ones are replaced.

  void makeInetSockets(const Settings& settings);
  // resolver.listen (or spare places, dns-sockets.h), gateway.listen, and those of Gate17. Where
  // the machine lacks an address family this is logged and left out. Failure that names each
  // address that cannot be had, who holds it and what to do.

  kj::Vector<ChildSocket> of(Role role) const;

  const kj::Maybe<DnsPlace>& dnsPlace() const { return dnsIsAt; }
  // Where the resolver's are, if that is not resolver.listen.

private:
  struct Socket {
    Role role;
    kj::String name;
    kj::AutoCloseFd fd;
  };
  kj::Vector<Socket> sockets;
  kj::Maybe<DnsPlace> dnsIsAt;

  void add(Role role, kj::String socketName, Transport transport, const Endpoint& endpoint,
           kj::StringPtr advice, kj::Vector<kj::String>& problems);
};

void removeUnixSockets(const Directories& directories);
// The files; also supervisor.sock and notify.sock.

}  // namespace portreeve::cli
