// SPDX-License-Identifier: GPL-3.0-or-later
// Whether somebody on the way wants people to log in first: a page that is known not to redirect is
// fetched over plain HTTP, as browsers and NetworkManager do, from the address that the network's
// own name servers give for it.
#pragma once

#include "common/address.h"
#include "resolver/name.h"

#include <kj/async-io.h>
#include <kj/string.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::resolver {

struct ProbePage {
  Name host;
  kj::String hostText;
  kj::String path;

  static kj::Maybe<ProbePage> parse(kj::StringPtr text);
  // "http://HOST/PATH"; a name, no address and no port.
};

struct ProbeResult {
  enum class Kind : uint8_t {
    ONLINE,   // the page itself came
    PORTAL,   // another page came, or the way to one
    UNKNOWN,  // nobody answered, or nonsense
  } kind = Kind::UNKNOWN;
  kj::Maybe<Name> name;  // of the page that one is sent to, if it is another host's
};

ProbeResult readProbe(const ProbePage& page, kj::ArrayPtr<const char> reply);
// A reply of HTTP/1 as far as it came (RFC 9112): untrusted octets, a pure function. ONLINE: 204,
// 200 with a body that begins with ONLINE_WORDS, or the way to the same host
// by HTTPS. PORTAL: all else of
// 200, 3xx with a Location, 511 (RFC 6585).

constexpr kj::StringPtr ONLINE_WORDS = "NetworkManager is online"_kj;

class PortalProbe {
public:
  static constexpr auto PATIENCE = 5 * kj::SECONDS;
  static constexpr size_t MOST = 4096;  // octets of a reply that are read

  PortalProbe(kj::Network& network, kj::Timer& timer) : network(network), timer(timer) {}

  kj::Promise<ProbeResult> fetch(const ProbePage& page, const Address& from);
  // One GET to port 80. UNKNOWN where that fails or takes longer than PATIENCE.

private:
  kj::Network& network;
  kj::Timer& timer;

  kj::Promise<ProbeResult> converse(const ProbePage& page, kj::Own<kj::AsyncIoStream> stream);
};

}  // namespace portreeve::resolver
