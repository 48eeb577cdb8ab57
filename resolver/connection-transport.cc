// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/connection-transport.h"

#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::resolver {

ConnectionTransport::ConnectionTransport(kj::Own<Dialer> dialer, kj::Timer& timer)
    : dialer(kj::mv(dialer)), timer(timer), tasks(*this) {}

ConnectionTransport::~ConnectionTransport() noexcept(false) {}

kj::Promise<kj::Array<kj::byte>> ConnectionTransport::exchange(kj::ArrayPtr<const kj::byte> query) {
  KJ_IF_MAYBE (open, current)
    if ((*open)->isOpen()) return attempt(kj::heapArray(query), true);
  return connected().then(
      [this, query = kj::heapArray(query)]() mutable { return attempt(kj::mv(query), false); });
}

kj::Promise<kj::Array<kj::byte>> ConnectionTransport::attempt(kj::Array<kj::byte> query,
                                                              bool again) {
  auto connection = kj::addRef(*KJ_ASSERT_NONNULL(current));
  auto asked = connection->exchange(query);
  if (!again) return asked;
  return asked.catch_([this, connection = kj::mv(connection), query = kj::mv(query)](
                          kj::Exception&& e) mutable -> kj::Promise<kj::Array<kj::byte>> {
    // A refusal is an answer; a connection that has ended is made anew.
    if (connection->isOpen() || e.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(e);
    return connected().then(
        [this, query = kj::mv(query)]() mutable { return attempt(kj::mv(query), false); });
  });
}

kj::Promise<void> ConnectionTransport::connected() {
  KJ_IF_MAYBE (open, current)
    if ((*open)->isOpen()) return kj::READY_NOW;
  KJ_IF_MAYBE (promise, coming) return promise->addBranch();
  auto made = dialer->dial()
                  .then(
                      [this](kj::Own<Wire> wire) {
                        coming = nullptr;
                        current = open(kj::mv(wire), timer);
                      },
                      [this](kj::Exception&& e) {
                        coming = nullptr;
                        kj::throwFatalException(kj::mv(e));
                      })
                  .fork();
  auto branch = made.addBranch();
  // Also when nobody waits any more: the next question finds it open.
  tasks.add(made.addBranch());
  coming = kj::mv(made);
  return branch;
}

void ConnectionTransport::taskFailed(kj::Exception&& e) {
  log::debug(kj::str("connecting to an upstream: ", e.getDescription()));
}

}  // namespace portreeve::resolver
