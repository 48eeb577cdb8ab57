// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over HTTPS (RFC 8484), over one HTTP/2 connection (nghttp2) with many requests at once. It is
// made when it is needed, and made anew when the server has closed it.
#pragma once

#include "resolver/transport.h"
#include "resolver/upstream.h"
#include "resolver/wire.h"

#include <kj/timer.h>

namespace portreeve::resolver {

class HttpsTransport final : public Transport, private kj::TaskSet::ErrorHandler {
public:
  static constexpr auto IDLE = 60 * kj::SECONDS;

  HttpsTransport(kj::Own<Dialer> dialer, kj::Timer& timer, const Upstream& upstream);
  ~HttpsTransport() noexcept(false);

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override;
  // POST; the id is 0 (RFC 8484, 4.1). Rejects with the status when it is not 200.

private:
  class Connection;

  kj::Own<Dialer> dialer;
  kj::Timer& timer;
  kj::String authority, path;
  kj::Maybe<kj::Own<Connection>> current;
  kj::Maybe<kj::ForkedPromise<void>> coming;
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  kj::Promise<void> connected();
  kj::Promise<kj::Array<kj::byte>> attempt(kj::Array<kj::byte> query, bool again);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
