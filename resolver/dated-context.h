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
  // of the answer's own has ended. Twice as long as UbContext at most.

private:
  ClockTrust& clock;
  UbContext dated;
  kj::Maybe<kj::Own<UbContext>> undated;  // where dates were to be forgiven at the start

  UbAnswer forgiven(const Question& question, UbAnswer bogus, UbAnswer again);
};

bool hasEnded(const Answer& answer, uint64_t nowNs);
// A signature in it counts no longer (RFC 4034, 3.1.5: serial arithmetic).

}  // namespace portreeve::resolver
