// SPDX-License-Identifier: GPL-3.0-or-later
// The way of one query: read it → is its name on a list → ask policy whether this client may have
// that name → resolve it → tell policy what will be answered → write the answer. Nothing is asked
// of an upstream before policy has agreed, and nothing is answered in its absence.
//
// A program that asks the same again is answered by `quick`, without any of this, while what policy
// said of it is good (ruling-cache.h).
#pragma once

#include "common/tuple.h"
#include "resolver/answering.h"
#include "resolver/caching-names.h"
#include "resolver/far-names.h"
#include "resolver/local-names.h"
#include "resolver/loop-probe.h"
#include "resolver/name-filter.h"
#include "resolver/name-memory.h"
#include "resolver/policy-exchange.h"
#include "resolver/policy-link.h"
#include "resolver/query-log.h"
#include "resolver/ruling-cache.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::resolver {

class JudgedQueries final : public Answering {
public:
  struct Counters {
    uint64_t queries = 0;
    uint64_t answered = 0;   // NXDOMAIN and "no such record" included
    uint64_t refused = 0;    // by a rule or a list
    uint64_t failed = 0;     // SERVFAIL because of upstreams
    uint64_t unjudged = 0;   // SERVFAIL because policy did not answer
    uint64_t malformed = 0;  // answered with FORMERR, NOTIMP, REFUSED, BADVERS, or not at all
    uint64_t quick = 0;      // of `answered` and `refused`: by `quick`
  };

  struct Parts {
    Judge& judge;
    CachingNames& names;
    NameMemory& memory;
    RetoldTableWriter& retold;
    NameFilter& filter;
    const LocalNames& local;
    LoopProbe& loops;
    kj::Timer& timer;
  };
  explicit JudgedQueries(const Parts& parts)
      : judge(parts.judge),
        exchange(parts.judge, parts.memory, parts.retold, parts.timer),
        names(parts.names),
        filter(parts.filter),
        local(parts.local),
        loops(parts.loops),
        timer(parts.timer) {}
  KJ_DISALLOW_COPY(JudgedQueries);

  size_t quick(const Tuple& client, kj::ArrayPtr<const kj::byte> message,
               kj::ArrayPtr<kj::byte> out);
  // Writes the answer into `out` (at least EDNS_UDP_LIMIT octets) and returns its length; 0 where
  // `answer` has to be called. Neither waits nor allocates much. UDP alone.

  kj::Promise<MaybeReply> answer(const Tuple& client,
                                 kj::ArrayPtr<const kj::byte> message) override;
  // `client`: source is the client's end, destination ours. `message` need not outlive the call.
  // Nullptr: it deserves no answer. Resolves within 8 s; rejects only where the suite is at fault.

  const Counters& counters() const { return counts; }
  const QueryLog& log() const { return queryLog; }

  kj::Promise<Ruling> ruling(const Question& question);
  // What policy says to a program that it does not know. Within 2 s, or rejects.

  void forgetRulings() { rulings.forgetAll(); }
  // Lists have changed.

private:
  class One;

  Judge& judge;
  PolicyExchange exchange;
  CachingNames& names;
  NameFilter& filter;
  const LocalNames& local;
  LoopProbe& loops;
  kj::Timer& timer;
  RulingCache rulings;
  FarNames farNames;
  QueryLog queryLog;
  Counters counts;

  kj::Maybe<AskerTableReader::Client> askerAt(const Tuple& client);

  kj::Array<kj::byte> write(const Tuple& client, const Query& query, const Answer& answer,
                            kj::Maybe<const ExtendedError&> error = nullptr) const;
};

}  // namespace portreeve::resolver
