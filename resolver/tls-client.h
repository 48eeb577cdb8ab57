// SPDX-License-Identifier: GPL-3.0-or-later
// TLS (1.2 and up, OpenSSL) towards upstreams, on a wire of ours: the server is who it should be,
// or there is no connection. A server that was talked to before is resumed.
#pragma once

#include "resolver/clock-trust.h"
#include "resolver/upstream.h"
#include "resolver/wire.h"

#include <kj/common.h>
#include <kj/string.h>

#include <map>
#include <string>

struct ssl_ctx_st;
struct ssl_session_st;

namespace portreeve::resolver {

class TlsClient {
public:
  explicit TlsClient(kj::Maybe<kj::StringPtr> authorities = nullptr,
                     kj::Maybe<ClockTrust&> clock = nullptr);
  // Reads the trusted authorities now, before the sandbox: `authorities` (a PEM file), else the
  // distribution's. While `clock` forgives dates, a certificate that is not yet valid, or has ended
  // by a clock that may be ahead, is taken if all else of it is right and there is a time from
  // clock.earliest() on at which the whole chain counted; what is sent over that connection later
  // is refused (DISCONNECTED) once dates count again. Throws FAILED when OpenSSL refuses.
  ~TlsClient() noexcept(false);
  KJ_DISALLOW_COPY(TlsClient);

  kj::Promise<kj::Own<Wire>> wrap(kj::Own<Wire> wire, const Upstream& upstream);
  // Shakes hands. The certificate must be for upstream.name (or, without one, for its address) and
  // vouched for by a trusted authority; with a pin its key must have that SHA-256, and nothing else
  // counts. HTTPS offers "h2" alone (RFC 9113, 3.2), TLS "dot" (RFC 7858). Rejects (DISCONNECTED)
  // with the reason.

  void forgetSessions();
  // Each server has to show its certificate anew at the next connection.

  struct Counters {
    uint64_t handshakes = 0, resumed = 0, refused = 0;
  };
  const Counters& counters() const { return counts; }

private:
  class Session;
  friend class Session;

  ssl_ctx_st* context;
  kj::Maybe<ClockTrust&> clock;
  std::map<std::string, ssl_session_st*> sessions;  // the newest of each upstream
  Counters counts;
};

}  // namespace portreeve::resolver
