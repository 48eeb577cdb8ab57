// SPDX-License-Identifier: GPL-3.0-or-later
// Name servers that questions are forwarded to, as `resolver.upstreams` writes them.
#pragma once

#include "common/address.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::resolver {

enum class Protocol : uint8_t { UDP, TCP, TLS, HTTPS };

struct Upstream {
  Protocol protocol = Protocol::UDP;
  Address address;
  uint16_t port = 53;
  uint32_t link = 0;  // interface index of a link-local address; 0: the routes decide
  kj::String name;    // that its certificate has to be for; empty: for the address
  kj::String pin;  // SHA-256 of its public key (SPKI, RFC 7858, 4.2) in base64; empty: any key that
                   // a trusted authority vouches for. With a pin only the pin counts
  kj::String path;  // of an https URL

  static Upstream parse(kj::StringPtr text);
  // "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53", "fe80::1%eth0" (plain DNS over UDP, TCP
  // where an answer is long), the same behind "udp://" or "tcp://"; "tls://192.0.2.1#dns.example"
  // (port 853) and "https://192.0.2.1/dns-query#dns.example" (port 443), each with ":PORT" and
  // "?pin=BASE64" where wanted. Throws FAILED with a sentence for the administrator.

  static kj::Maybe<Upstream> plain(kj::StringPtr address, uint16_t port = 53);
  // Plain DNS to an address, with "%eth0" or "%2" where it is link-local; nullptr when it is not an
  // address, or its interface is not there.

  bool isSameServer(const Address& other, uint16_t otherPort) const;
  socklen_t toSockaddr(sockaddr_storage& out) const;
  kj::String toString() const;  // as it may be written in the settings
  Upstream clone() const;
};

kj::Vector<Upstream> parseUpstreams(kj::ArrayPtr<const kj::String> texts);
// Each text is an upstream or one of the presets "quad9", "cloudflare", "google": their servers
// over TLS.

}  // namespace portreeve::resolver
