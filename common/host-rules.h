// SPDX-License-Identifier: GPL-3.0-or-later
// What the machine's own iptables rules mean beside ours, read from the text of iptables-save. (A
// table of plain nftables has hooks of its own: what it drops stays dropped, whatever we accept.)
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve {

struct HostRules {
  // Each an example, in iptables-save's spelling ("filter: -A INPUT -j ufw-before-input").
  kj::Maybe<kj::String> passedOver;
  // A rule in filter INPUT or OUTPUT, or a policy of DROP there. With [interceptor] host_rules =
  // "bypass" a packet that we allow does not meet it.
  kj::Maybe<kj::String> ahead;
  // A rule in mangle INPUT or OUTPUT that ends the way (ACCEPT, QUEUE, NFQUEUE) before our queue:
  // what meets it is never asked about, and filter C17 drops it.

  static HostRules in(kj::StringPtr saved);
};

kj::String wordsOnPassedOver(kj::StringPtr rule);
kj::String wordsOnAhead(kj::StringPtr rule);
// For a person: what it means, and what to do.

}  // namespace portreeve
