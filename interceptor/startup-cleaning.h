// SPDX-License-Identifier: GPL-3.0-or-later
// The nat table sees only the first packet of a conntrack entry, so a name server that was being
// asked before the rules were there could not be redirected (1799). Its entries are deleted once,
// after the rules were loaded for the first time; the next query makes a new one.
#pragma once

#include "interceptor/conntrack.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace portreeve::interceptor {

bool keepsQueryFromRedirection(const ConntrackEntry& entry);
// Undecided, to port 53 by UDP or TCP, and not to this host itself.

class StartupCleaning {
public:
  StartupCleaning(kj::Timer& timer, ConntrackTable& table) : timer(timer), table(table) {}
  KJ_DISALLOW_COPY(StartupCleaning);

  kj::Promise<void> runOnce();
  // The second call and further ones do nothing. A failure is logged: C17 drops what was not
  // redirected.

private:
  kj::Timer& timer;
  ConntrackTable& table;
  ConntrackListing listing;
  kj::Vector<Tuple> found;
  bool ran = false;

  kj::Promise<void> goOn(ConntrackListing::Walk walk);
};

}  // namespace portreeve::interceptor
