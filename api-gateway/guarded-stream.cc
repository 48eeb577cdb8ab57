// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/guarded-stream.h"

#include <kj/debug.h>
#include <string.h>

namespace portreeve::gateway {

bool GuardedStream::expectWebSocket(uint64_t longestMessage) {
  frames.emplace(longestMessage);
  // A head ends with an empty line, and a request for a WebSocket has no body.
  return memcmp(last, "\r\n\r\n", sizeof last) == 0;
}

kj::Promise<size_t> GuardedStream::tryRead(void* buffer, size_t minBytes, size_t maxBytes) {
  return inner->tryRead(buffer, minBytes, maxBytes).then([this, buffer](size_t got) {
    look(kj::arrayPtr(static_cast<const kj::byte*>(buffer), got));
    return got;
  });
}

void GuardedStream::look(kj::ArrayPtr<const kj::byte> received) {
  KJ_IF_MAYBE (checking, frames) {
    KJ_IF_MAYBE (wrong, checking->check(received)) KJ_FAIL_REQUIRE("WebSocket frames", *wrong);
    return;
  }
  for (auto byte :
       received.slice(received.size() - kj::min(received.size(), sizeof last), received.size())) {
    memmove(last, last + 1, sizeof last - 1);
    last[sizeof last - 1] = byte;
  }
}

}  // namespace portreeve::gateway
