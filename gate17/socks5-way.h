// SPDX-License-Identifier: GPL-3.0-or-later
// A SOCKS5 server as a way (RFC 1928, RFC 1929): Tor, `ssh -D`, wireproxy, dante, microsocks. The
// server looks names up.
#pragma once

#include "gate17/socket.h"
#include "gate17/socks5.h"
#include "gate17/way-server.h"
#include "gate17/way.h"

#include <kj/async-unix.h>

namespace portreeve::gate17 {

class Socks5Way final : public Way {
public:
  Socks5Way(kj::UnixEventPort& port, WayServer& server, kj::Maybe<socks5::Credentials> credentials)
      : port(port), server(server), credentials(kj::mv(credentials)) {}

  kj::Promise<kj::Own<kj::AsyncIoStream>> open(const Target& target) override;
  kj::Promise<kj::Own<Datagrams>> associate() override;
  kj::Promise<void> probe() override;

private:
  kj::UnixEventPort& port;
  WayServer& server;
  kj::Maybe<socks5::Credentials> credentials;

  kj::Promise<kj::Own<Socket>> greeted();
};

}  // namespace portreeve::gate17
