// SPDX-License-Identifier: GPL-3.0-or-later
// One way to ask one upstream: a query goes out, its answer comes back.
#pragma once

#include "resolver/name-source.h"

#include <kj/array.h>
#include <kj/async.h>

namespace portreeve::resolver {

class Transport {
public:
  virtual ~Transport() noexcept(false) {}

  virtual kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) = 0;
  // `query` is what writeUpstreamQuery makes, and need not outlive the call. Resolves with an
  // answer to this very question, whatever its id; rejects (DISCONNECTED) with the reason, in words
  // for people. May take for ever: dropping the promise gives up.
};

kj::Array<kj::byte> writeUpstreamQuery(const Lookup& lookup, bool padded);
// With id 0, RD, and EDNS (1232 octets); `padded` to a multiple of 128 octets (RFC 8467, 4.1), for
// transports that are encrypted.

bool sameQuestion(kj::ArrayPtr<const kj::byte> query, kj::ArrayPtr<const kj::byte> answer,
                  bool sameCase);
// `answer` is an answer, and repeats the one question of `query`.

}  // namespace portreeve::resolver
