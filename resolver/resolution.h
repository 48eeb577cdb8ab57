// SPDX-License-Identifier: GPL-3.0-or-later
// From a question to an answer by recursion from the root, validated with the distribution's root
// anchor.
#pragma once

#include "resolver/dated-context.h"
#include "resolver/name-source.h"

#include <kj/timer.h>

namespace portreeve::resolver {

class Resolution final : public NameSource {
public:
  Resolution(UbEventBase& base, kj::Timer& timer, kj::StringPtr rootAnchor, kj::StringPtr rootHints,
             ClockTrust& clock);
  // Before the sandbox, as UbContext.
  KJ_DISALLOW_COPY(Resolution);

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;

private:
  DatedContext checked;
  DatedContext checkedInOutage;  // instead, while nobody answers
  UbContext unchecked;           // for clients that validate themselves (CD)
  unsigned failures = 0;         // of those that are checked, in a row

  kj::Promise<UbAnswer> askChecked(const Question& question);
};

}  // namespace portreeve::resolver
