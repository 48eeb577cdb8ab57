// SPDX-License-Identifier: GPL-3.0-or-later
// TLS 1.3 over any stream, both ends with a key of their own and no authority: a peer is known by
// its public key, or there is no connection. (kj-tls knows authorities and names, and no key.)
#pragma once

#include "gate17/keys.h"

#include <kj/async-io.h>
#include <kj/function.h>

struct ssl_ctx_st;

namespace portreeve::gate17 {

class TlsStream : public kj::AsyncIoStream {
public:
  virtual kj::StringPtr peerKey() const = 0;
};

class TlsContext {
public:
  using Knows = kj::Function<bool(kj::StringPtr publicKey, kj::AsyncIoStream& below)>;

  TlsContext(const PrivateKey& own, Knows knows);
  // `knows`: whether to speak with whoever has that key, at the other end of the stream that
  // carries the TLS. Throws FAILED when OpenSSL refuses.
  ~TlsContext() noexcept(false);
  KJ_DISALLOW_COPY(TlsContext);

  kj::Promise<kj::Own<TlsStream>> connect(kj::Own<kj::AsyncIoStream> stream);
  kj::Promise<kj::Own<TlsStream>> accept(kj::Own<kj::AsyncIoStream> stream);
  // Shake hands. Reject with DISCONNECTED and why. Without a limit in time. The context outlives
  // what they give.

private:
  friend struct TlsVerification;
  ssl_ctx_st* context;
  Knows knows;

  kj::Promise<kj::Own<TlsStream>> shakeHands(kj::Own<kj::AsyncIoStream> stream, bool connecting);
};

}  // namespace portreeve::gate17
