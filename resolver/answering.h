// SPDX-License-Identifier: GPL-3.0-or-later
// Who answers the messages that come by a listener.
#pragma once

#include "common/tuple.h"

#include <kj/array.h>
#include <kj/async.h>

namespace portreeve::resolver {

using MaybeReply = kj::Maybe<kj::Array<kj::byte>>;  // nullptr: no answer is given

class Answering {
public:
  virtual kj::Promise<MaybeReply> answer(const Tuple& client,
                                         kj::ArrayPtr<const kj::byte> message) = 0;
  // `message` need not outlive the call. Untrusted octets.

  virtual bool admits(const Tuple&) { return true; }
  // Whether a TCP connection of this client may ask at all.

protected:
  ~Answering() = default;
};

}  // namespace portreeve::resolver
