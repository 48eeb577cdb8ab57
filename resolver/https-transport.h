// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over HTTPS (RFC 8484), over one HTTP/2 connection (nghttp2) with many requests at once.
#pragma once

#include "resolver/connection-transport.h"
#include "resolver/upstream.h"

namespace portreeve::resolver {

class HttpsTransport final : public ConnectionTransport {
public:
  static constexpr auto IDLE = 60 * kj::SECONDS;

  HttpsTransport(kj::Own<Dialer> dialer, kj::Timer& timer, const Upstream& upstream);
  // Each question is a POST with id 0 (RFC 8484, 4.1); it is rejected with the status when that is
  // not 200.

protected:
  kj::Own<Connection> open(kj::Own<Wire> wire, kj::Timer& timer) override;

private:
  class Session;

  kj::String authority, path;
};

}  // namespace portreeve::resolver
