// SPDX-License-Identifier: GPL-3.0-or-later
// Who is asked for which name: the servers of the longest zone that holds it (settings before what
// the network says), else those for all names, else the root. Changes with the network; questions
// under way end where they were asked.
#pragma once

#include "common/settings.h"
#include "resolver/forwarder.h"
#include "resolver/loop-probe.h"
#include "resolver/name-source.h"
#include "resolver/network-servers.h"
#include "resolver/upstream-pool.h"

#include <kj/refcount.h>
#include <kj/vector.h>

namespace portreeve::resolver {

struct Zone {
  Name name;
  kj::Vector<Upstream> servers;
};

struct UpstreamChoice {
  // [resolver] upstreams and zones, understood.
  enum class Kind : uint8_t { SYSTEM, ROOT, SERVERS } kind = Kind::SYSTEM;
  kj::Vector<Upstream> servers;  // of SERVERS
  kj::Vector<Zone> zones;
  bool split = true;  // the network's zones count

  static UpstreamChoice parse(const Settings::Resolver& settings);
  // Throws FAILED with a sentence for the administrator.
};

class NameRouter final : public NameSource {
public:
  NameRouter(kj::Timer& timer, UpstreamPool& pool, LoopProbe& loops, NameSource& root,
             UpstreamChoice choice);
  KJ_DISALLOW_COPY(NameRouter);

  kj::Vector<Name> take(const NetworkServers& given);
  // Returns the zones that others are asked for from now on; the root where that is so for all.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  bool isDown(const Name& name) const override;

  kj::Promise<void> serve();
  // Looks for loops again every minute. Never resolves.

  struct Route : public kj::Refcounted {
    explicit Route(kj::Timer& timer) : forwarder(timer) {}
    kj::Maybe<Name> zone;  // nullptr: all names
    kj::String origin;     // "settings", or as LinkServers has it
    Forwarder forwarder;

    kj::String describe() const;
  };
  kj::ArrayPtr<const kj::Own<Route>> all() const { return routes; }
  // Those of zones first; the last is for all names.

private:
  kj::Timer& timer;
  UpstreamPool& pool;
  LoopProbe& loops;
  NameSource& root;
  UpstreamChoice choice;
  kj::Vector<kj::Own<Route>> routes;
  kj::String lastForAll;  // the servers for all names that there were last

  kj::Vector<Name> differences(kj::ArrayPtr<const kj::Own<Route>> fresh);
  kj::Own<Route> makeRoute(kj::StringPtr origin, kj::ArrayPtr<const Upstream> servers);
  void addZone(kj::Vector<kj::Own<Route>>& to, const Name& zone, kj::StringPtr origin,
               kj::ArrayPtr<const Upstream> servers);
  const Route& routeOf(const Name& name) const;
};

}  // namespace portreeve::resolver
