// SPDX-License-Identifier: GPL-3.0-or-later
// The way of one query: read it → ask policy whether this client may have that name → resolve it →
// tell policy what will be answered → write the answer. Nothing is asked of an upstream before
// policy has agreed, and nothing is answered in its absence.
#pragma once

#include "common/tuple.h"
#include "resolver/name-memory.h"
#include "resolver/policy-link.h"
#include "resolver/reply.h"
#include "resolver/resolution.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::resolver {

using MaybeReply = kj::Maybe<kj::Array<kj::byte>>;

class JudgedQueries {
public:
  struct Counters {
    uint64_t queries = 0;
    uint64_t answered = 0;   // NXDOMAIN and "no such record" included
    uint64_t refused = 0;    // by a rule
    uint64_t failed = 0;     // SERVFAIL because of upstreams
    uint64_t unjudged = 0;   // SERVFAIL because policy did not answer
    uint64_t malformed = 0;  // answered with FORMERR, NOTIMP, REFUSED, BADVERS, or not at all
  };

  JudgedQueries(Judge& judge, NameSource& names, NameMemory& memory, kj::Timer& timer)
      : judge(judge), names(names), memory(memory), timer(timer) {}
  KJ_DISALLOW_COPY(JudgedQueries);

  kj::Promise<MaybeReply> answer(const Tuple& client, kj::ArrayPtr<const kj::byte> message);
  // `client`: source is the client's end, destination ours. `message` need not outlive the call.
  // Nullptr: it deserves no answer. Resolves within 8 s; rejects only where the suite is at fault.

  const Counters& counters() const { return counts; }

private:
  class One;

  Judge& judge;
  NameSource& names;
  NameMemory& memory;
  kj::Timer& timer;
  Counters counts;

  kj::Array<kj::byte> write(const Tuple& client, const Query& query, const Answer& answer,
                            kj::Maybe<const ExtendedError&> error = nullptr) const;
};

}  // namespace portreeve::resolver
