// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams through a SOCKS5 server (RFC 1928, 7): they live as long as the TCP connection that
// asked for them.
#pragma once

#include "gate17/datagram-socket.h"
#include "gate17/datagrams.h"
#include "gate17/socket.h"

namespace portreeve::gate17 {

class Socks5Datagrams final : public Datagrams {
public:
  Socks5Datagrams(kj::Own<Socket> control, kj::Own<DatagramSocket> relay);

  void send(const Target& to, kj::ArrayPtr<const kj::byte> bytes) override;
  kj::Promise<Datagram> receive() override;

private:
  kj::Own<Socket> control;
  kj::Own<DatagramSocket> relay;
  kj::byte ignored[64];
  kj::ForkedPromise<void> ended;  // rejects

  kj::Promise<void> watch();
  kj::Promise<Datagram> next();
};

namespace socks5 {

kj::Array<kj::byte> datagram(const Target& peer, kj::ArrayPtr<const kj::byte> bytes);

struct ParsedDatagram {
  Target peer;
  kj::ArrayPtr<const kj::byte> bytes;  // borrowed
};
kj::Maybe<ParsedDatagram> parseDatagram(kj::ArrayPtr<const kj::byte> message);
// Nullptr: none, or a fragment (which RFC 1928 lets everybody drop).

}  // namespace socks5

}  // namespace portreeve::gate17
