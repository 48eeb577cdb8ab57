// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-listener.h"

#include "common/log.h"
#include "common/socket-tuple.h"

#include <kj/debug.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace portreeve::gateway {
namespace {

template <typename Name>
SocketAddress endOf(Name&& name) {
  sockaddr_storage storage{};
  uint length = sizeof storage;
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  name(generic, &length);
  // The port is at the same place in sockaddr_in and sockaddr_in6.
  return {KJ_REQUIRE_NONNULL(Address::fromSockaddr(generic), "neither IPv4 nor IPv6"),
          ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port)};
}

Tuple clientOf(kj::AsyncIoStream& stream) {
  auto theirs = endOf([&](sockaddr* to, uint* length) { stream.getpeername(to, length); });
  auto ours = endOf([&](sockaddr* to, uint* length) { stream.getsockname(to, length); });
  return tupleBetween(PROTOCOL_TCP, theirs, ours);
}

}  // namespace

HttpListener::HttpListener(Site& site, kj::Own<kj::ConnectionReceiver> receiver,
                           OpenConnections& open)
    : site(site), receiver(kj::mv(receiver)), open(open), connections(*this) {}

kj::Promise<void> HttpListener::serve() {
  return acceptOne()
      .catch_([this](kj::Exception&& e) {
        log::exception("accepting an HTTP connection", e);
        return site.timer.afterDelay(1 * kj::SECONDS);
      })
      .then([this]() { return serve(); });
}

kj::Promise<void> HttpListener::acceptOne() {
  // Through the timer also where nobody has to wait: KJ would go on accepting as long as there is
  // somebody, and not look at what those who are in have sent.
  return site.timer.atTime(open.notBefore())
      .then([this]() { return receiver->accept(); })
      .then([this](kj::Own<kj::AsyncIoStream>&& stream) { admit(kj::mv(stream)); });
}

void HttpListener::admit(kj::Own<kj::AsyncIoStream> stream) {
  Tuple client;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { client = clientOf(*stream); })) {
    log::debug(kj::str("HTTP: a connection went before it was looked at: ", e->getDescription()));
    return;
  }
  KJ_IF_MAYBE (admitted, open.admit(site.timer.now())) {
    auto& entry = *admitted->entry;
    connections.add(serveConnection(site, kj::mv(stream), client, entry)
                        .exclusiveJoin(kj::mv(admitted->pushedOut))
                        .attach(kj::mv(admitted->entry)));
    return;
  }
  log::debug("HTTP: too many connections, one was closed at once");
}

void HttpListener::taskFailed(kj::Exception&& e) {
  log::exception("HTTP connection", e);
}

}  // namespace portreeve::gateway
