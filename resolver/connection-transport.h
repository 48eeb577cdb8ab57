// SPDX-License-Identifier: GPL-3.0-or-later
// A transport over one connection that is made when it is needed, shared by all questions under
// way, and made anew when the server has closed it. What is spoken on it is the derived class's.
#pragma once

#include "resolver/transport.h"
#include "resolver/wire.h"

#include <kj/refcount.h>
#include <kj/timer.h>

namespace portreeve::resolver {

class ConnectionTransport : public Transport, private kj::TaskSet::ErrorHandler {
public:
  class Connection : public kj::Refcounted {
    // Lives on while a question is under way on it.
  public:
    virtual kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) = 0;
    virtual bool isOpen() const = 0;
    ~Connection() noexcept(false) override = default;
  };

  ConnectionTransport(kj::Own<Dialer> dialer, kj::Timer& timer);
  ~ConnectionTransport() noexcept(false) override;

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override;
  // A connection that turns out to have been closed by the server meanwhile is made anew, once.

protected:
  virtual kj::Own<Connection> open(kj::Own<Wire> wire, kj::Timer& timer) = 0;

private:
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
