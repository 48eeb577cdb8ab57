// SPDX-License-Identifier: GPL-3.0-or-later
// Where answers come from.
#pragma once

#include "resolver/message.h"
#include "resolver/reply.h"

#include <kj/async.h>

namespace portreeve::resolver {

struct Lookup {
  Question question;
  bool dnssecOk = false;          // signatures are wanted with the answer
  bool checkingDisabled = false;  // the client validates itself
};

struct Resolved {
  Answer answer;
  kj::Maybe<ExtendedError> error;  // why it is SERVFAIL
};

inline Resolved servfail(ExtendedError::Code code, kj::String why) {
  Answer answer;
  answer.rcode = RCODE_SERVFAIL;
  return {kj::mv(answer), ExtendedError{code, kj::mv(why)}};
}

class NameSource {
public:
  virtual kj::Promise<Resolved> resolve(const Lookup& lookup) = 0;
  // Resolves within bounded time, whatever upstreams do; rejects only if the suite itself is at
  // fault. `lookup` need not outlive the call.

  virtual bool isDown(const Name&) const { return false; }
  // Nobody who is asked for it answered lately: what is known from before is better than waiting.

protected:
  ~NameSource() = default;
};

}  // namespace portreeve::resolver
