// SPDX-License-Identifier: GPL-3.0-or-later
// The first look at a request, before anything acts on it. This server is reachable by every
// program and every web page on the machine, so it answers only requests that look like its own
// page's, or a plain client's: addressed to it by one of its own names (DNS rebinding), not sent by
// another site's page (CSRF), and framed in a way that no two readers can understand differently.
#pragma once

#include "api-gateway/http-headers.h"
#include "api-gateway/reply.h"
#include "common/address.h"

#include <kj/compat/http.h>
#include <kj/vector.h>

namespace portreeve::gateway {

constexpr uint64_t MAX_BODY = 512 << 10;  // bytes; routes may want less (routes.h)

class OwnHosts {
  // The names under which this server may be asked, from the addresses it listens on.
public:
  void add(const Address& address, uint16_t port);
  // Also as "localhost" for a loopback address, and without a port for port 80.
  void addSocket(int listeningFd);
  // By getsockname(2). Throws FAILED for an unspecified address (0.0.0.0): which names would be
  // ours there cannot be known.

  bool isHost(kj::StringPtr host) const;         // "127.0.0.1:817"
  bool isOrigin(kj::StringPtr origin) const;     // "http://127.0.0.1:817"
  kj::StringPtr find(kj::StringPtr host) const;  // our own text of it; empty: it is none of ours
  const kj::Vector<kj::String>& all() const { return hosts; }

private:
  kj::Vector<kj::String> hosts;
};

kj::Maybe<Reply> refuse(kj::HttpMethod method, const kj::HttpHeaders& headers,
                        const HttpNames& names, const OwnHosts& hosts);
// Nullptr when the request may go on; else the problem to answer and close with.

}  // namespace portreeve::gateway
