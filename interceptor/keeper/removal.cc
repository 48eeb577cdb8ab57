// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/removal.h"

#include "interceptor/keeper/base-chains.h"
#include "interceptor/keeper/failure.h"
#include "interceptor/keeper/saved-rules.h"

#include <linux/netfilter.h>

namespace portreeve::keeper {
namespace {

bool isOurTable(kj::StringPtr name) {
  for (auto& chain : baseChains())
    if (chain.table == name) return true;
  return false;
}

kj::Maybe<kj::String> removeFamily(IpFamily family, const Iptables& iptables) {
  auto text = removalText(OwnRules::in(iptables.save(family)));
  if (text.size() == 0) return nullptr;
  KJ_IF_MAYBE (why, iptables.restore(family, text)) return kj::mv(*why);
  if (OwnRules::in(iptables.save(family)).empty()) return nullptr;
  return kj::str(toText(family), ": another program puts them back");
}

template <typename Act>
void attempt(kj::Vector<kj::String>& problems, Act act) {
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions(act))
    problems.add(kj::str(problem->getDescription()));
}

void requireNone(kj::Vector<kj::String>& problems) {
  if (!problems.empty()) fail(kj::strArray(problems, "; "));
}

}  // namespace

bool mayHoldRules(NfTables& kernel, IpFamily family, Variant variant) {
  if (variant == Variant::LEGACY) return legacyTablesLoaded(family);
  uint8_t protocol = family == IpFamily::V4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
  for (auto& table : kernel.tables())
    if (table.family == protocol && isOurTable(table.name)) return true;
  return false;
}

void removeRules(NfTables& kernel, Variant variant) {
  kj::Vector<kj::String> problems;
  Iptables iptables(variant);
  for (auto family : FAMILIES) {
    if (!mayHoldRules(kernel, family, variant)) continue;
    attempt(problems, [&]() {
      KJ_IF_MAYBE (why, removeFamily(family, iptables)) problems.add(kj::mv(*why));
    });
    if (variant == Variant::NFT) attempt(problems, [&]() { removeBaseChains(kernel, family); });
  }
  requireNone(problems);
}

void removeEverything(NfTables& kernel, ConntrackCleaning& conntrack, bool legacyToo) {
  kj::Vector<kj::String> problems;
  attempt(problems, [&]() { removeRules(kernel, Variant::NFT); });
  if (legacyToo) attempt(problems, [&]() { removeRules(kernel, Variant::LEGACY); });
  attempt(problems, [&]() { conntrack.run(); });
  requireNone(problems);
}

}  // namespace portreeve::keeper
