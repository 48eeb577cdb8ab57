// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz-target.h"

#include "api-gateway/websocket-frames.h"

#include <stdlib.h>

using portreeve::gateway::WebSocketFrames;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // However the bytes come, the same is said of them, and at most the frames before were taken.
  constexpr uint64_t LONGEST = 300;
  WebSocketFrames whole(LONGEST), pieces(LONGEST);
  bool wrong = whole.check(kj::arrayPtr(data, size)) != nullptr;
  bool wrongInPieces = false;
  for (size_t at = 0; at < size && !wrongInPieces;) {
    size_t next = at + 1 + data[at] % 7;
    if (next > size) next = size;
    wrongInPieces = pieces.check(kj::arrayPtr(data + at, next - at)) != nullptr;
    at = next;
  }
  if (wrong != wrongInPieces) abort();
  return 0;
}
