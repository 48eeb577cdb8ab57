// SPDX-License-Identifier: GPL-3.0-or-later
// What the command and the gateway may ask of the resolver (proto/resolver.capnp).
#pragma once

#include "common/peer.h"
#include "proto/resolver.capnp.h"
#include "resolver/caching-names.h"
#include "resolver/judged-query.h"
#include "resolver/local-names.h"
#include "resolver/name-filter.h"
#include "resolver/name-router.h"
#include "resolver/server-lookup.h"

#include <kj/function.h>

namespace portreeve::resolver {

struct Inside {
  // What there is to show; all of it outlives every holder.
  JudgedQueries& queries;
  CachingNames& names;
  NameFilter& filter;
  const LocalNames& local;
  NameRouter& router;
  ServerLookup& servers;
  kj::Function<void(proto::view::ProcessStatus::Builder)>& fillStatus;
};

proto::Resolver::Client makeBootstrap(Inside inside, Entitlement entitlement);

}  // namespace portreeve::resolver
