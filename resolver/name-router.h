// SPDX-License-Identifier: GPL-3.0-or-later
// Who is asked for which name: the servers of the longest zone that holds it (settings before what
// the network says); for names of the links these (multicast DNS); for names that mean something on
// this network only the servers for all names that are in private networks, else nobody; else the
// servers for all names, else the root. Changes with the network; questions under way end where
// they were asked.
#pragma once

#include "common/settings.h"
#include "resolver/forwarder.h"
#include "resolver/loop-probe.h"
#include "resolver/multicast-names.h"
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
  bool split = true;      // the network's zones count
  bool multicast = true;  // names of the links are asked for there

  static UpstreamChoice parse(const Settings::Resolver& settings);
  // Throws FAILED with a sentence for the administrator.
};

class NameRouter final : public NameSource {
public:
  NameRouter(kj::Timer& timer, UpstreamPool& pool, LoopProbe& loops, NameSource& root,
             NameSource& links, UpstreamChoice choice);
  KJ_DISALLOW_COPY(NameRouter);

  kj::Vector<Name> take(const NetworkServers& given);
  // Returns the zones that others are asked for from now on; the root where that is so for all.

  kj::Promise<Resolved> resolve(const Lookup& lookup) override;
  bool isDown(const Name& name) const override;

  bool asksUpstreams() const;
  // For names that mean the same everywhere; false: the root.
  NameSource& upstreams() { return serversForAll; }
  // The servers for all names, unjudged.
  void judgeBy(NameSource& judge) { validated = judge; }
  // Who asks `upstreams` for those names that mean the same everywhere. Else these are asked.

  NameSource& network() { return networkServers; }
  // The servers that the network gave for all names, whichever are asked otherwise.

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
  class ServersForAll final : public NameSource {
  public:
    explicit ServersForAll(NameRouter& router) : router(router) {}
    kj::Promise<Resolved> resolve(const Lookup& lookup) override;

  private:
    NameRouter& router;
  };

  class NetworkServersAlone final : public NameSource {
  public:
    explicit NetworkServersAlone(NameRouter& router) : router(router) {}
    kj::Promise<Resolved> resolve(const Lookup& lookup) override;

  private:
    NameRouter& router;
  };

  kj::Timer& timer;
  UpstreamPool& pool;
  LoopProbe& loops;
  NameSource& root;
  NameSource& links;
  UpstreamChoice choice;
  kj::Vector<kj::Own<Route>> routes;
  kj::Own<Route> given;  // the network's servers for all names
  ServersForAll serversForAll{*this};
  kj::Maybe<NameSource&> validated;
  NetworkServersAlone networkServers{*this};
  kj::String lastForAll;  // the servers for all names that there were last

  kj::Vector<Name> differences(kj::ArrayPtr<const kj::Own<Route>> fresh);
  kj::Own<Route> makeRoute(kj::StringPtr origin, kj::ArrayPtr<const Upstream> servers);
  void addZone(kj::Vector<kj::Own<Route>>& to, const Name& zone, kj::StringPtr origin,
               kj::ArrayPtr<const Upstream> servers);
  const Route& routeOf(const Name& name) const;
  kj::Promise<Resolved> ask(Route& route, const Lookup& lookup,
                            Forwarder::Which which = Forwarder::Which::ALL);
};

}  // namespace portreeve::resolver
