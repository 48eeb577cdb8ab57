// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/name-router.h"

#include "resolver/local-names.h"

#include <kj/debug.h>

#include <set>

namespace portreeve::resolver {
namespace {

constexpr auto LOOPS_AGAIN = 60 * kj::SECONDS;

[[noreturn]] void refuse(kj::String reason) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::str("resolver.", reason)));
}

}  // namespace

UpstreamChoice UpstreamChoice::parse(const Settings::Resolver& settings) {
  UpstreamChoice choice;
  choice.split = settings.splitDns;
  choice.multicast = settings.mdns;
  for (auto& text : settings.upstreams)
    if (text == "system" || text == "root") {
      if (settings.upstreams.size() > 1)
        refuse(kj::str("upstreams: \"", text, "\" stands alone, without other servers"));
      choice.kind = text == "root" ? Kind::ROOT : Kind::SYSTEM;
    }
  if (settings.upstreams.size() > 0 && settings.upstreams[0] != "system" &&
      settings.upstreams[0] != "root") {
    choice.kind = Kind::SERVERS;
    choice.servers = parseUpstreams(settings.upstreams);
  }
  for (auto& zone : settings.zones) {
    if (zone.upstreams.empty())
      refuse(kj::str("zones: \"", zone.name, "\" names no server: [\"192.0.2.53\"]"));
    KJ_IF_MAYBE (name, Name::parse(zone.name)) {
      choice.zones.add(Zone{kj::mv(*name), parseUpstreams(zone.upstreams)});
    } else {
      refuse(kj::str("zones: \"", zone.name, "\" is not a domain name"));
    }
  }
  return choice;
}

kj::String NameRouter::Route::describe() const {
  kj::Vector<kj::StringPtr> servers;
  for (auto& server : forwarder.all()) servers.add(server->text);
  return kj::strArray(servers, " ");
}

NameRouter::NameRouter(kj::Timer& timer, UpstreamPool& pool, LoopProbe& loops, NameSource& root,
                       NameSource& links, UpstreamChoice choice)
    : timer(timer), pool(pool), loops(loops), root(root), links(links), choice(kj::mv(choice)) {
  take(NetworkServers());
}

kj::Own<NameRouter::Route> NameRouter::makeRoute(kj::StringPtr origin,
                                                 kj::ArrayPtr<const Upstream> servers) {
  auto route = kj::refcounted<Route>(timer);
  route->origin = kj::str(origin);
  for (auto& upstream : servers) {
    auto server = pool.get(upstream);
    loops.probe(kj::addRef(*server));
    route->forwarder.add(kj::mv(server));
  }
  return route;
}

void NameRouter::addZone(kj::Vector<kj::Own<Route>>& to, const Name& zone, kj::StringPtr origin,
                         kj::ArrayPtr<const Upstream> servers) {
  for (auto& route : to)
    if (KJ_ASSERT_NONNULL(route->zone) == zone) return;  // who came first counts
  auto route = makeRoute(origin, servers);
  route->zone = zone;
  to.add(kj::mv(route));
}

kj::Vector<Name> NameRouter::take(const NetworkServers& network) {
  kj::Vector<kj::Own<Route>> fresh;
  for (auto& zone : choice.zones) addZone(fresh, zone.name, "settings", zone.servers);
  if (choice.split)
    for (auto& link : network.links)
      for (auto& zone : link.zones) addZone(fresh, zone, link.origin, link.servers);
  kj::Vector<Upstream> servers;
  kj::Vector<kj::StringPtr> origins;
  for (auto& link : network.links) {
    if (!link.forAll) continue;
    origins.add(link.origin);
    for (auto& server : link.servers) servers.add(server.clone());
  }
  given = makeRoute(kj::strArray(origins, "; "), servers);
  fresh.add(choice.kind == UpstreamChoice::Kind::SYSTEM ? kj::addRef(*given)
                                                        : makeRoute("settings", choice.servers));

  auto changed = differences(fresh);
  routes = kj::mv(fresh);
  pool.forgetUnused();
  return changed;
}

kj::Vector<Name> NameRouter::differences(kj::ArrayPtr<const kj::Own<Route>> fresh) {
  using Asked = std::set<std::pair<std::string, kj::String>>;  // zone and servers
  auto zonesOf = [](kj::ArrayPtr<const kj::Own<Route>> from) {
    Asked asked;
    for (auto& route : from)
      KJ_IF_MAYBE (zone, route->zone) asked.emplace(zone->lowerCaseWire(), route->describe());
    return asked;
  };
  auto before = zonesOf(routes), now = zonesOf(fresh);
  kj::Vector<Name> changed;
  for (auto [from, other] : {std::pair(&before, &now), std::pair(&now, &before)})
    for (auto& one : *from) {
      if (other->count(one) > 0) continue;
      WireReader reader(
          kj::arrayPtr(reinterpret_cast<const kj::byte*>(one.first.data()), one.first.size()));
      changed.add(KJ_ASSERT_NONNULL(Name::decode(reader)));
    }
  // A network that goes takes no answers with it: until there is another they are worth more than
  // none.
  auto forAll = fresh.back()->describe();
  if (forAll.size() > 0 && forAll != lastForAll) {
    if (lastForAll.size() > 0) changed.add(Name());
    lastForAll = kj::mv(forAll);
  }
  return changed;
}

const NameRouter::Route& NameRouter::routeOf(const Name& name) const {
  const Route* best = routes.back();
  size_t length = 0;
  for (auto& route : routes)
    KJ_IF_MAYBE (zone, route->zone)
      if (zone->wire().size() > length && name.isWithin(*zone)) {
        best = route;
        length = zone->wire().size();
      }
  return *best;
}

kj::Promise<Resolved> NameRouter::resolve(const Lookup& lookup) {
  auto& route = const_cast<Route&>(routeOf(lookup.question.name));
  if (route.zone != nullptr) return ask(route, lookup);
  if (isMulticast(lookup.question.name))
    return choice.multicast ? links.resolve(lookup) : Resolved{noSuchName(), nullptr};
  if (isPrivate(lookup.question)) {
    if (!route.forwarder.hasPrivate()) return Resolved{noSuchName(), nullptr};
    return ask(route, lookup, Forwarder::Which::PRIVATE);
  }
  if (!asksUpstreams()) return root.resolve(lookup);
  KJ_IF_MAYBE (judge, validated) return judge->resolve(lookup);
  return ask(route, lookup);
}

bool NameRouter::asksUpstreams() const {
  if (choice.kind == UpstreamChoice::Kind::ROOT) return false;
  return choice.kind == UpstreamChoice::Kind::SERVERS || routes.back()->forwarder.isUsable();
}

kj::Promise<Resolved> NameRouter::ServersForAll::resolve(const Lookup& lookup) {
  return router.ask(*router.routes.back(), lookup);
}

kj::Promise<Resolved> NameRouter::ask(Route& route, const Lookup& lookup, Forwarder::Which which) {
  return route.forwarder.resolve(lookup, which).attach(kj::addRef(route));
}

kj::Promise<Resolved> NameRouter::NetworkServersAlone::resolve(const Lookup& lookup) {
  return router.ask(*router.given, lookup);
}

kj::Promise<void> NameRouter::serve() {
  return timer.afterDelay(LOOPS_AGAIN).then([this]() {
    for (auto& route : routes)
      for (auto& server : route->forwarder.all()) loops.probe(pool.get(server->upstream));
    return serve();
  });
}

bool NameRouter::isDown(const Name& name) const {
  auto& route = routeOf(name);
  if (route.zone == nullptr && !route.forwarder.isUsable()) return false;
  return route.forwarder.isDown(name);
}

}  // namespace portreeve::resolver
