// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-listener.h"

#include "common/log.h"

namespace portreeve::gateway {

HttpListener::HttpListener(Site& site, kj::Own<kj::ConnectionReceiver> receiver, uint& open)
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
  return receiver->accept().then(
      [this](kj::Own<kj::AsyncIoStream>&& stream) { admit(kj::mv(stream)); });
}

void HttpListener::admit(kj::Own<kj::AsyncIoStream> stream) {
  if (open >= MAX_CONNECTIONS) {
    log::debug("HTTP: too many connections, one was closed at once");
    return;
  }
  open++;
  connections.add(serveConnection(site, kj::mv(stream)).attach(kj::defer([this]() { open--; })));
}

void HttpListener::taskFailed(kj::Exception&& e) {
  log::exception("HTTP connection", e);
}

}  // namespace portreeve::gateway
