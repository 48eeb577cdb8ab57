// SPDX-License-Identifier: GPL-3.0-or-later
// Entity tags of what can be edited (RFC 9110, 8.8.3).
#pragma once

#include "proto/api-view.capnp.h"
#include "proto/view.capnp.h"

#include <capnp/list.h>
#include <kj/string.h>

namespace portreeve::gateway {

kj::String etagOf(capnp::List<proto::view::RuleView>::Reader rules);
// Quoted. Depends on which rules there are, their order, text and place; not on how often they were
// used.

kj::String etagOf(proto::view::SettingsPage::Reader page);
// Depends on the values of the settings and where each comes from.

bool matchesEtag(kj::StringPtr ifMatch, kj::StringPtr etag);
// If-Match: one of a list, or "*" (RFC 9110, 13.1.1). Weak tags never match.

}  // namespace portreeve::gateway
