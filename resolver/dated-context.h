// SPDX-License-Identifier: GPL-3.0-or-later
// A context of libunbound that validates, and heeds dates as far as the clock can be trusted: while
// that is not so, what is forged by its dates alone is told apart from what is forged.
#pragma once

#include "resolver/clock-trust.h"
#include "resolver/ub-context.h"

#include <kj/memory.h>

namespace portreeve::resolver {

class DatedContext {
public:
  DatedContext(UbEventBase& base, kj::Timer& timer, const UbContext::Wanted& wanted,
               ClockTrust& clock);
  // Before the sandbox, as UbContext.
  KJ_DISALLOW_COPY(DatedContext);

  kj::Promise<UbAnswer> ask(const Question& question);
  // UNDATED instead of BOGUS where the clock forgives the dates, the signatures are right, and none
  // of the answer's own has ended; or has ended by a clock that is ahead alone, by what the root's
  // SOA record tells, which is asked for then. Twice as long as UbContext at most, four times that
  // once.

private:
  ClockTrust& clock;
  UbContext dated;
  kj::Maybe<kj::Own<UbContext>> undated;  // where dates were to be forgiven at the start
  kj::Maybe<kj::ForkedPromise<void>> looking;

  kj::Promise<UbAnswer> forgiven(const Question& question, UbAnswer bogus, UbAnswer again);
  UbAnswer taken(const Question& question, UbAnswer again, ClockTrust::Fault fault);
  kj::Promise<void> lookAtRoot();
  void learn(const UbAnswer& version);
};

struct Signed {
  uint64_t fromNs = 0, untilNs = 0;  // since 1970
};

kj::Maybe<Signed> signedTime(const Answer& answer, uint64_t nowNs);
// From when all signatures in it count, and until when (RFC 4034, 3.1.5: serial arithmetic, so
// within 68 years of now); nullptr where there is none, or one cannot be read.

}  // namespace portreeve::resolver
