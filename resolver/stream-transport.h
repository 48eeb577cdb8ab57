// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over one connection (RFC 7766, RFC 7858): many queries under way at once, answers in any
// order. The connection is made when it is needed, and closed when nothing was asked for a while.
#pragma once

#include "resolver/transport.h"
#include "resolver/wire.h"

#include <kj/timer.h>

namespace portreeve::resolver {

class StreamTransport final : public Transport, private kj::TaskSet::ErrorHandler {
public:
  static constexpr auto IDLE = 20 * kj::SECONDS;

  StreamTransport(kj::Own<Dialer> dialer, kj::Timer& timer);
  ~StreamTransport() noexcept(false);

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override;
  // A connection that turns out to have been closed by the server meanwhile is made anew, once.

private:
  class Connection;

  kj::Own<Dialer> dialer;
  kj::Timer& timer;
  kj::Maybe<kj::Own<Connection>> current;
  kj::Maybe<kj::ForkedPromise<void>> coming;
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  kj::Promise<void> connected();
  kj::Promise<kj::Array<kj::byte>> attempt(kj::Array<kj::byte> query, bool again);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
