// SPDX-License-Identifier: GPL-3.0-or-later
// What OpenSSL reads from and writes to instead of a socket: bytes as they came from the other end,
// read where they are, and bytes for it, which collect until they are taken all at once. (OpenSSL's
// own memory BIO allocates, copies and wipes with each piece.)
#pragma once

#include <kj/common.h>

#include <vector>

struct bio_st;

namespace portreeve::gate17 {

class TlsBuffers {
public:
  TlsBuffers() = default;
  KJ_DISALLOW_COPY(TlsBuffers);

  bio_st* newBio();
  // A BIO(3) of both directions, its caller's to free; it must not be used after this has gone.

  kj::ArrayPtr<const kj::byte> incoming;
  // Not read yet; whoever sets it keeps the bytes until it is empty.
  std::vector<kj::byte> outgoing;
};

}  // namespace portreeve::gate17
