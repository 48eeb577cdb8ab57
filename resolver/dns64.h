// SPDX-License-Identifier: GPL-3.0-or-later
// On a network that reaches IPv4 through a translator (NAT64), names that have only an IPv4 address
// are given one of IPv6 behind the translator's prefix (RFC 6147). The prefix is what the network's
// own name servers make of ipv4only.arpa (RFC 7050); whichever servers are asked otherwise, and
// whether or not they are validated.
#pragma once

#include "common/address.h"
#include "resolver/name-source.h"

#include <kj/async.h>
#include <kj/timer.h>

namespace portreeve::resolver {

struct TranslationPrefix {
  Address base;
  uint8_t length = 96;  // 32, 40, 48, 56, 64 or 96 (RFC 6052, 2.2)

  static kj::Maybe<TranslationPrefix> of(const Address& known);
  // Of an address made of 192.0.0.170 or 192.0.0.171; nullptr when it is none.
  Address embed(const Address& v4) const;
};

class Dns64 final : public NameSource {
public:
  Dns64(NameSource& source, NameSource& network, kj::Timer& timer)
      : source(source), network(network), timer(timer) {}
  // `source` knows all names, `network` asks the network's own servers.
  KJ_DISALLOW_COPY(Dns64);

  void discover();
  // Forgets the prefix and asks the network for it, from now on every hour, and soon again where it
  // fails. To be called when the network has changed.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  bool isDown(const Name& name) const override { return source.isDown(name); }

private:
  NameSource& source;
  NameSource& network;
  kj::Timer& timer;
  kj::Maybe<TranslationPrefix> prefix;
  kj::Promise<void> discovering = nullptr;

  kj::Promise<void> ask();
  bool take(const Resolved& answer);
  bool lacksAddress(const Resolved& resolved) const;
  kj::Promise<Resolved> synthesize(const Lookup& lookup, Resolved original);
};

}  // namespace portreeve::resolver
