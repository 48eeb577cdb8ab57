// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over one connection (RFC 7766, RFC 7858): many queries under way at once, answers in any
// order. It is closed when nothing was asked for a while.
#pragma once

#include "resolver/connection-transport.h"

namespace portreeve::resolver {

class StreamTransport final : public ConnectionTransport {
public:
  static constexpr auto IDLE = 20 * kj::SECONDS;

  using ConnectionTransport::ConnectionTransport;

protected:
  kj::Own<Connection> open(kj::Own<Wire> wire, kj::Timer& timer) override;

private:
  class Stream;
};

}  // namespace portreeve::resolver
