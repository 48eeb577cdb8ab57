// SPDX-License-Identifier: GPL-3.0-or-later
// Conntrack entries from before the rules that the rules cannot work with. They are deleted once,
// after the rules were loaded for the first time; the next packet makes a new one.
//
// The nat table sees only the first packet of an entry, so a name server that was being asked could
// not be redirected (1799). And an entry that is older than the first rule with a label has no room
// for one: where another program overwrites its connmark with every packet (wg-quick), each packet
// would be asked about.
#pragma once

#include "interceptor/conntrack.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace portreeve::interceptor {

bool keepsQueryFromRedirection(const ConntrackEntry& entry);
// Undecided, to port 53 by UDP or TCP, and not to this host itself.

bool isAskedAboutForEver(const ConntrackEntry& entry);
// Another program's connmark, and a protocol without connections. Not where an address is
// translated: the next entry might get another.

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
