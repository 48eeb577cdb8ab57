// SPDX-License-Identifier: GPL-3.0-or-later
// The operands of a rule that are about the flow itself: which way, by which protocol, from where
// to where. A function each, for the table of parse-operands.cc.
#pragma once

#include "policy/rules/parse-rows.h"

namespace portreeve::rules::flow {

void direction(const Site& site);
void protocol(const Site& site);
void icmpType(const Site& site);
void address(const Site& site);
void localAddress(const Site& site);
void scope(const Site& site);
void country(const Site& site);
void asn(const Site& site);
void port(const Site& site);
void remotePort(const Site& site);
void localPort(const Site& site);
void interface(const Site& site);
void established(const Site& site);

}  // namespace portreeve::rules::flow
