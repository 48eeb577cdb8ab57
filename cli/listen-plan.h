// SPDX-License-Identifier: GPL-3.0-or-later
// What systemd's units have to know of portreeve.toml, as drop-ins of them (systemd.unit(5)): where
// to listen, and which files of lists to watch. Decided from the settings and from who holds which
// port alone.
#pragma once

#include "cli/inet-listener.h"
#include "common/address.h"
#include "common/settings.h"

#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {

constexpr kj::StringPtr DROP_IN_MARK = "# Written by `portreeve settings apply` "_kj;
// What each of its files begins with.

struct DropIn {
  kj::StringPtr unit;  // "portreeve-resolver-udp4.socket"
  kj::String text;     // empty: there must be none, the unit as it is installed is right
};

struct ListenPlace {
  kj::StringPtr unit;
  Transport transport;
  Address address;
  uint16_t port;

  kj::String toString() const;  // "UDP 127.0.0.1:53"
};

struct ListenPlan {
  kj::Vector<DropIn> dropIns;      // one for each unit that may need one, always in the same order
  kj::Vector<ListenPlace> places;  // where the suite listens then
  kj::Vector<kj::String> moved;  // "UDP 127.0.0.1:53 is held by …: the resolver takes … instead"
  kj::Vector<kj::String> problems;  // who holds an address for which there is no spare; what to do
};

using HolderOfPlace =
    kj::Function<kj::Maybe<kj::String>(Transport transport, const Address& address, uint16_t port)>;
// Who else than the suite stands in the way of that address, in words (port-holder.h).

ListenPlan planListening(const Settings& settings, HolderOfPlace& holderOf);
// resolver.listen and gateway.listen; what Gate17 listens on is fixed by the rules in the kernel,
// and its node binds node.listen itself. Of the resolver an address family moves as a whole, to a
// spare place (common/dns-place.h), and its daemons are told in their environment. Sources of lists
// that are files outside /etc/portreeve are watched by portreeve-lists.path. Throws Failure for
// what is no single address with a port, and where nothing at all would listen.

kj::String systemdQuoted(kj::StringPtr text);
// As one word of a unit file, in quotes. Nothing that `text` holds ends the word, is taken for a
// specifier or begins another line.

}  // namespace portreeve::cli
