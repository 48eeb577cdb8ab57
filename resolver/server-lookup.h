// SPDX-License-Identifier: GPL-3.0-or-later
// Where a server is that the settings name for the suite itself (a way of Gate17). No program asks,
// so policy is not asked who may know; lists and private addresses are refused as to anybody.
#pragma once

#include "common/freshness.h"
#include "resolver/caching-names.h"
#include "resolver/local-names.h"
#include "resolver/name-filter.h"

#include <kj/async.h>

#include <vector>

namespace portreeve::resolver {

struct ServerPlaces {
  std::vector<Address> addresses;
  uint32_t ttl = 0;       // seconds; 0: to be asked for again at once
  kj::String reason;      // why there are none
  bool answered = false;  // by somebody who should know, also that there are none
};

class ServerLookup {
public:
  ServerLookup(CachingNames& names, const NameFilter& filter, const LocalNames& local)
      : names(names), filter(filter), local(local) {}

  kj::Promise<ServerPlaces> find(const Name& name, Freshness freshness);
  // By A and AAAA. Rejects only if the suite itself is at fault.

private:
  CachingNames& names;
  const NameFilter& filter;
  const LocalNames& local;

  kj::Promise<ServerPlaces> findOf(const Name& name, uint16_t type, Freshness freshness);
};

}  // namespace portreeve::resolver
