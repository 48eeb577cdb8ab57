// SPDX-License-Identifier: GPL-3.0-or-later
// Programs as the API shows them, put together from the past (the historian) and the present
// (policy).
#pragma once

#include "proto/api-view.capnp.h"
#include "proto/view.capnp.h"

#include <capnp/list.h>

namespace portreeve::gateway {

using Connections = capnp::List<proto::view::Connection>::Reader;
using Groups = capnp::List<proto::view::HistoryGroup>::Reader;

void fillPrograms(proto::view::ProgramPage::Builder page, Groups past, Connections present,
                  uint32_t limit);
// `past` counted by program; those that only `present` knows are counted from it. The most
// connections first.

void fillSummary(proto::view::ProgramSummary::Builder summary, kj::StringPtr path, Groups past,
                 Connections present);

kj::Maybe<proto::view::Connection::Reader> newestOf(kj::StringPtr path, Connections present);

}  // namespace portreeve::gateway
