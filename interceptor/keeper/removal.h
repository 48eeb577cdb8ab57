// SPDX-License-Identifier: GPL-3.0-or-later
// Takes away all that portreeve has put into this network namespace's kernel, whoever put it there
// and in which variant: needs to know nothing of how it was loaded, and nobody else alive.
#pragma once

#include "interceptor/keeper/conntrack-cleaning.h"
#include "interceptor/keeper/iptables.h"
#include "interceptor/keeper/nf-tables.h"

namespace portreeve::keeper {

bool mayHoldRules(NfTables& kernel, IpFamily family, Variant variant);
// A cheap look that runs no program: are there tables of this variant that ours could stand in?

void removeRules(NfTables& kernel, Variant variant);
// Our rules and chains of both families, and (nft) the tables and main chains that were made for
// them and are empty. With legacy, tables that were loaded stay loaded: the kernel takes none back.
// Blocks. Throws FAILED with iptables' own words, after having tried everything.

void removeEverything(NfTables& kernel, ConntrackCleaning& conntrack, bool legacyToo);
// Both variants (without `legacyToo` only nft), then what is left in conntrack. Blocks. Throws
// FAILED with what is not gone.

}  // namespace portreeve::keeper
