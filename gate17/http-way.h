// SPDX-License-Identifier: GPL-3.0-or-later
// An HTTP proxy as a way, by CONNECT (RFC 9110, 9.3.6) with Basic credentials (RFC 7617). It looks
// names up, and carries no datagrams.
#pragma once

#include "gate17/socks5.h"
#include "gate17/way-server.h"
#include "gate17/way.h"

namespace portreeve::gate17 {

class HttpWay final : public Way {
public:
  HttpWay(WayServer& server, kj::Maybe<socks5::Credentials> credentials)
      : server(server), credentials(kj::mv(credentials)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> open(const Target& target) override;
  kj::Promise<kj::Own<Datagrams>> associate() override;
  kj::Promise<void> probe() override;

private:
  WayServer& server;
  kj::Maybe<socks5::Credentials> credentials;
};

namespace http {

kj::String connectRequest(const Target& target, const kj::Maybe<socks5::Credentials>& credentials);

kj::Promise<void> askConnect(kj::AsyncIoStream& stream, kj::String request);
// Sends it and reads the answer's head, to the last byte and not one more. Rejects with FAILED when
// the proxy says no to the target; with DISCONNECTED when it does not know us, or is no proxy.

}  // namespace http

}  // namespace portreeve::gate17
