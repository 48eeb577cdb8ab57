// SPDX-License-Identifier: GPL-3.0-or-later
// A client's stream on its way to KJ: once it speaks WebSocket, each byte is looked at first.
#pragma once

#include "api-gateway/websocket-frames.h"

#include <kj/async-io.h>

namespace portreeve::gateway {

class GuardedStream final : public kj::AsyncIoStream {
public:
  explicit GuardedStream(kj::Own<kj::AsyncIoStream> inner) : inner(kj::mv(inner)) {}

  bool expectWebSocket(uint64_t longestMessage);
  // From here on frames are expected and reads fail (FAILED) at the first wrong one. False:
  // something has already come behind the head of the request, before the client knew that it may.

  kj::Promise<size_t> tryRead(void* buffer, size_t minBytes, size_t maxBytes) override;
  kj::Promise<void> write(const void* buffer, size_t size) override {
    return inner->write(buffer, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    return inner->write(pieces);
  }
  kj::Promise<void> whenWriteDisconnected() override { return inner->whenWriteDisconnected(); }
  void shutdownWrite() override { inner->shutdownWrite(); }
  void abortRead() override { inner->abortRead(); }

private:
  kj::Own<kj::AsyncIoStream> inner;
  kj::Maybe<WebSocketFrames> frames;
  kj::byte last[4] = {};  // that were read

  void look(kj::ArrayPtr<const kj::byte> received);
};

}  // namespace portreeve::gateway
