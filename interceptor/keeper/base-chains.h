// SPDX-License-Identifier: GPL-3.0-or-later
// iptables-nft makes the tables and main chains that it needs, and leaves them behind. So that
// removal takes away what was made for us and nothing else, whoever does it and whatever has died,
// they are made here first, with a comment that says so: the memory stands in the kernel, beside
// the thing itself, and goes with it.
#pragma once

#include "interceptor/keeper/nf-tables.h"
#include "interceptor/keeper/ruleset.h"

namespace portreeve::keeper {

struct BaseChain {
  // As iptables-nft makes them.
  kj::StringPtr table;
  kj::StringPtr name;
  kj::StringPtr type;
  uint32_t hook;
  int32_t priority;
};

kj::ArrayPtr<const BaseChain> baseChains();  // those that our rules stand in

kj::Vector<kj::StringPtr> makeBaseChains(NfTables& kernel, IpFamily family);
// Makes those that are not there. Returns the tables that the kernel does not have for this family
// ("nat"); what else is wrong iptables will say.

void removeBaseChains(NfTables& kernel, IpFamily family);
// Takes away what was made for us, is empty, and whose policy nobody has changed.

}  // namespace portreeve::keeper
