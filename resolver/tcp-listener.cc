// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp-listener.h"

#include "common/log.h"
#include "resolver/listening-socket.h"
#include "resolver/tcp-connection.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr auto PAUSE_AFTER_FAILURE = 100 * kj::MILLISECONDS;

class AllowAll final : public kj::LowLevelAsyncIoProvider::NetworkFilter {
public:
  bool shouldAllow(const struct sockaddr*, uint) override { return true; }
} allowAll;

Tuple tupleOf(kj::AsyncIoStream& stream) {
  sockaddr_storage theirs{}, ours{};
  uint theirLength = sizeof theirs, ourLength = sizeof ours;
  stream.getpeername(reinterpret_cast<sockaddr*>(&theirs), &theirLength);
  stream.getsockname(reinterpret_cast<sockaddr*>(&ours), &ourLength);
  return clientTuple(PROTOCOL_TCP,
                     KJ_REQUIRE_NONNULL(Endpoint::from(reinterpret_cast<sockaddr*>(&theirs))),
                     KJ_REQUIRE_NONNULL(Endpoint::from(reinterpret_cast<sockaddr*>(&ours))));
}

}  // namespace

TcpListener::TcpListener(kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                         kj::AutoCloseFd socket, Answering& queries)
    : timer(timer),
      receiver(provider.wrapListenSocketFd(kj::mv(socket), allowAll)),
      queries(queries),
      connections(*this) {}

kj::Promise<void> TcpListener::serve() {
  return acceptNext().then([this]() { return serve(); });
}

kj::Promise<void> TcpListener::acceptNext() {
  return receiver->accept()
      .then([this](kj::Own<kj::AsyncIoStream> stream) { admit(kj::mv(stream)); })
      .catch_([this](kj::Exception&& e) {
        // Too many descriptors, or a client that left while it was admitted: others go on.
        log::exception("accepting DNS over TCP", e);
        return timer.afterDelay(PAUSE_AFTER_FAILURE);
      });
}

void TcpListener::admit(kj::Own<kj::AsyncIoStream> stream) {
  if (open >= MAX_CONNECTIONS) return;
  auto client = tupleOf(*stream);
  if (!queries.admits(client)) return;
  auto connection = kj::heap<TcpConnection>(kj::mv(stream), client, timer, queries);
  auto served = connection->serve();
  open++;
  connections.add(served.attach(kj::mv(connection), kj::defer([this]() { open--; })));
}

void TcpListener::taskFailed(kj::Exception&& e) {
  log::exception("serving DNS over TCP", e);
}

}  // namespace portreeve::resolver
