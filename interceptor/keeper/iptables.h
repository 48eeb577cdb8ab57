// SPDX-License-Identifier: GPL-3.0-or-later
// iptables-restore and iptables-save, of one variant, for both families.
#pragma once

#include "interceptor/keeper/ruleset.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::keeper {

enum class Variant : uint8_t { NFT, LEGACY };
kj::StringPtr toText(Variant variant);  // "nft", "legacy"
kj::Maybe<Variant> parseVariant(kj::StringPtr text);

Variant chooseVariant(kj::StringPtr setting);
// "nft" and "legacy" are what they say; "auto" is what `iptables-restore` is on this machine,
// unless legacy tables of this network namespace hold rules.

bool legacyTablesLoaded(IpFamily family);
// In this network namespace, whether or not they hold anything.
bool kernelHasIpv6();

kj::Vector<kj::String> programs(bool legacyToo);
// All that Iptables may run, where they are installed.

class Iptables {
public:
  explicit Iptables(Variant variant) : variant(variant) {}

  kj::String save(IpFamily family) const;
  // What iptables-save prints. Throws FAILED with its own words.

  kj::Maybe<kj::String> restore(IpFamily family, kj::StringPtr text) const;
  // Feeds `text` to iptables-restore --noflush: each table is one atomic step. Returns why it was
  // refused.

  const Variant variant;
};

}  // namespace portreeve::keeper
