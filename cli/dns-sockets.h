// SPDX-License-Identifier: GPL-3.0-or-later
// The resolver's sockets: where resolver.listen says, or, where another program holds such an
// address, on a spare one of this machine (common/dns-place.h).
#pragma once

#include "cli/inet-listener.h"
#include "common/dns-place.h"

#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

struct DnsSockets {
  struct Socket {
    kj::String name;  // "dns-udp4", "dns-tcp6", …
    kj::AutoCloseFd fd;
  };
  kj::Vector<Socket> sockets;
  kj::Maybe<DnsPlace> place;        // where they are, if that is not resolver.listen
  kj::Vector<kj::String> problems;  // addresses that cannot be had, and for which there is no spare

  static DnsSockets open(kj::ArrayPtr<const kj::String> listen);
  // UDP and TCP at each address, or neither. What is moved, and to where, is logged. An address
  // family that this machine lacks is left out, and this is logged. Throws Failure for what is no
  // address with a port.
};

}  // namespace portreeve::cli
