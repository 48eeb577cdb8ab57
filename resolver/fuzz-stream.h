// SPDX-License-Identifier: GPL-3.0-or-later
// For fuzz targets: what comes over a stream, cut as TCP may cut it.
#pragma once

#include <kj/async-io.h>

#include <algorithm>

namespace portreeve::resolver {

inline kj::Promise<void> sendInPieces(kj::AsyncIoStream& wire, kj::ArrayPtr<const kj::byte> octets,
                                      size_t piece) {
  // At most `piece` octets at once; then the end.
  if (octets.size() == 0) {
    wire.shutdownWrite();
    return kj::READY_NOW;
  }
  size_t now = std::min(piece, octets.size());
  return wire.write(octets.begin(), now).then([&wire, octets, piece, now]() {
    return sendInPieces(wire, octets.slice(now, octets.size()), piece);
  });
}

}  // namespace portreeve::resolver
