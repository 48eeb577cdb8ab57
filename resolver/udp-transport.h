// SPDX-License-Identifier: GPL-3.0-or-later
// Plain DNS over UDP to one server. Against forged answers (RFC 5452): sockets that are connected,
// on random ports and often new ones; random ids; names in random case (0x20) where the server
// repeats it.
#pragma once

#include "resolver/transport.h"
#include "resolver/upstream.h"

#include <kj/async-unix.h>
#include <kj/io.h>
#include <kj/vector.h>

#include <unordered_map>

namespace portreeve::resolver {

class UdpTransport final : public Transport {
public:
  static constexpr size_t SOCKETS = 8;
  static constexpr uint USES = 2000;  // of a socket; then it is replaced

  UdpTransport(kj::UnixEventPort& port, const Upstream& upstream);
  ~UdpTransport() noexcept(false) override;

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override;
  // An answer that was cut (TC) is an answer.

private:
  class Socket;

  kj::UnixEventPort& port;
  Upstream upstream;
  kj::Vector<kj::Own<Socket>> sockets;
  size_t turn = 0;
  uint caseLost = 0;  // answers whose name came back in another case
  bool caseKept = false;

  Socket& socketInTurn();
  bool mixesCase() const { return caseKept || caseLost < 3; }
};

}  // namespace portreeve::resolver
