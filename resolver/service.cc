// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/service.h"

#include "common/log.h"

#include <kj/debug.h>
#include <unistd.h>

namespace portreeve::resolver {
namespace {

constexpr auto CLOCK_SOON = 1 * kj::SECONDS;    // while dates do not count
constexpr auto CLOCK_AGAIN = 60 * kj::SECONDS;  // later
constexpr int64_t FAR_BACK = 3600'000'000'000;  // ns

kj::Vector<Endpoint> endpoints(const Sockets& sockets) {
  kj::Vector<Endpoint> ours;
  for (auto* each : {&sockets.udp, &sockets.tcp})
    for (auto& socket : *each) ours.add(Endpoint::ofSocket(socket.fd));
  return ours;
}

UpstreamChoice requireNotOurselves(UpstreamChoice choice, kj::ArrayPtr<const Endpoint> ours) {
  auto check = [&](kj::ArrayPtr<const Upstream> upstreams) {
    for (auto& upstream : upstreams)
      for (auto& own : ours)
        if (upstream.isSameServer(own.address, own.port))
          KJ_FAIL_REQUIRE(kj::str("resolver.upstreams: ", upstream.toString(),
                                  " is this resolver itself: name another server"));
  };
  check(choice.servers);
  for (auto& zone : choice.zones) check(zone.servers);
  return choice;
}

uint64_t lastGoodTime(const Directories& directories) {
  // What people and this suite write now and then.
  auto lists = kj::str(directories.state, "/lists");
  auto settings = directories.settingsFile();
  kj::StringPtr paths[] = {settings, lists, directories.configuration, directories.state};
  return lastWritten(paths);
}

PortalNames::Settings portalSettings(const Settings::Resolver& settings) {
  PortalNames::Settings result;
  if (settings.portalMinutes == 0) return result;
  result.bound = settings.portalMinutes * kj::MINUTES;
  result.page = ProbePage::parse(settings.portalPage);
  if (result.page == nullptr)
    KJ_FAIL_REQUIRE(kj::str("resolver.portal_page: \"", settings.portalPage,
                            "\" is not like http://HOST/PATH, without a port"));
  return result;
}

kj::StringPtr readable(kj::StringPtr anchor) {
  return access(anchor.cStr(), R_OK) == 0 ? anchor : nullptr;
}

}  // namespace

Sockets Sockets::take(service::HandedSockets handed) {
  Sockets sockets;
  sockets.rpc = handed.require("rpc");
  sockets.udp = handed.allStartingWith("dns-udp");
  sockets.tcp = handed.allStartingWith("dns-tcp");
  if (sockets.udp.size() + sockets.tcp.size() == 0)
    KJ_FAIL_REQUIRE(
        "no socket \"dns-udp4\", \"dns-udp6\", \"dns-tcp4\" or \"dns-tcp6\" was handed over: "
        "start this daemon with systemd or `portreeve up`");
  return sockets;
}

Service::Service(kj::AsyncIoContext& io, const Accounts& accounts,
                 const Settings::Resolver& settings, UpstreamChoice upstreams,
                 const Directories& directories, Sockets sockets, FileReader files)
    : timer(io.provider->getTimer()),
      events(io.unixEventPort, timer),
      clock(lastGoodTime(directories), machineClock()),
      tls(nullptr, clock),
      pool(io, tls),
      loops(io.provider->getTimer()),
      recursion(events, io.provider->getTimer(), readable(settings.rootAnchor), settings.rootHints,
                clock),
      validator(io, events,
                {upstreams.kind == UpstreamChoice::Kind::ROOT ? Dnssec::OFF : settings.dnssec,
                 readable(settings.rootAnchor)},
                clock),
      links(io.unixEventPort, io.provider->getTimer()),
      router(io.provider->getTimer(), pool, loops, recursion, links,
             requireNotOurselves(kj::mv(upstreams), endpoints(sockets))),
      portalProbe(io.provider->getNetwork(), timer),
      portal(portalSettings(settings), {router, router.network(), timer,
                                        [this](const ProbePage& page, const Address& from) {
                                          return portalProbe.fetch(page, from);
                                        },
                                        [this]() { names.cache().flush(nullptr); }}),
      dns64(portal, router.network(), io.provider->getTimer()),
      network(io, kj::mv(files), endpoints(sockets)),
      policy(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("policy"), memory,
             retold),
      names(dns64, io.provider->getTimer(), size_t(settings.cacheMiB) << 20, settings.serveStale),
      filter(settings, kj::str(directories.state, "/lists")),
      listsWatch(io.unixEventPort, io.provider->getTimer(), kj::str(directories.state, "/lists")),
      queries({policy, names, memory, retold, filter, local, loops, io.provider->getTimer()}),
      selfProbe(io.unixEventPort, io.provider->getTimer(), policy,
                settings.selfProbe * kj::SECONDS),
      attachment(io.unixEventPort, io.provider->getTimer()),
      ownStatus(Role::RESOLVER),
      rpc(*io.lowLevelProvider, sockets.rpc.release(), accounts,
          [this](Entitlement peer) { return makeBootstrap(inside(), kj::mv(peer)); }) {
  validator.judge(router.upstreams());
  router.judgeBy(validator);
  filter.letPrivate([this](const Name& name) { return portal.letsThrough(name); });
  for (auto& socket : sockets.udp) {
    selfProbe.add(Endpoint::ofSocket(socket.fd).address.isV4() ? proto::Family::IPV4
                                                               : proto::Family::IPV6);
    udp.add(kj::heap<UdpListener>(io.unixEventPort, timer, kj::mv(socket.fd), queries));
  }
  for (auto& socket : sockets.tcp)
    tcp.add(kj::heap<TcpListener>(*io.lowLevelProvider, timer, kj::mv(socket.fd), queries));
  policy.onPolicy([this](proto::Policy::Client fresh) { attachment.meet(kj::mv(fresh)); });
  addCounters();
}

kj::Promise<void> Service::serve() {
  kj::Promise<void> all = rpc.serve()
                              .exclusiveJoin(events.run())
                              .exclusiveJoin(followLists())
                              .exclusiveJoin(followClock())
                              .exclusiveJoin(attachment.follow())
                              .exclusiveJoin(selfProbe.run())
                              .exclusiveJoin(validator.serve())
                              .exclusiveJoin(router.serve());
  all = all.exclusiveJoin(
      network.serve([this](const NetworkServers& given) { useNetwork(given); },
                    [this](kj::ArrayPtr<const char> hosts) { local.takeHosts(hosts); }));
  for (auto& listener : udp) all = all.exclusiveJoin(listener->serve());
  for (auto& listener : tcp) all = all.exclusiveJoin(listener->serve());
  return all;
}

Inside Service::inside() {
  return {queries, names, filter, local, router, servers, statusFiller};
}

void Service::useNetwork(const NetworkServers& given) {
  for (auto& zone : router.take(given)) names.cache().flush(zone);
  portal.networkChanged();
  dns64.discover();
  if (router.asksUpstreams()) validator.upstreamsChanged();
}

kj::Promise<void> Service::followLists() {
  return listsWatch.changed().then([this]() {
    if (filter.refresh()) queries.forgetRulings();
    return followLists();
  });
}

kj::Promise<void> Service::followClock() {
  auto moved = clock.takeStep();
  if (moved < -FAR_BACK) {
    // libunbound keeps with its answers, and with what it found forged, until what time of the day
    // they are good, and cannot be told to forget them.
    log::warning(
        "the clock was set back far: the resolver starts anew, as what it keeps would "
        "never grow old");
    return kj::READY_NOW;
  }
  bool over = !datesCount && !clock.forgives();
  datesCount = datesCount || over;
  // What was taken in spite of dates has to stand by them from then on.
  if (clock.takeEnd() || (clock.forgiven() > 0 && (over || moved != 0))) heedDates();
  return timer.afterDelay(datesCount ? CLOCK_AGAIN : CLOCK_SOON).then([this]() {
    return followClock();
  });
}

void Service::heedDates() {
  log::info(
      "the clock was set, or has been trusted long enough: what was taken in spite of its "
      "dates is looked up anew");
  names.cache().flush(nullptr);
  tls.forgetSessions();
}

void Service::addCounters() {
  auto& counts = queries.counters();
  ownStatus.addCounter("queries", [&counts]() { return double(counts.queries); });
  ownStatus.addCounter("answered", [&counts]() { return double(counts.answered); });
  ownStatus.addCounter("refused", [&counts]() { return double(counts.refused); });
  ownStatus.addCounter("upstream_failures", [&counts]() { return double(counts.failed); });
  ownStatus.addCounter("unjudged", [&counts]() { return double(counts.unjudged); });
  ownStatus.addCounter("malformed", [&counts]() { return double(counts.malformed); });
  ownStatus.addCounter("quick", [&counts]() { return double(counts.quick); });
  auto& judged = validator.counters();
  ownStatus.addCounter("validating", [this]() { return validator.active() ? 1.0 : 0.0; });
  ownStatus.addCounter("validated", [&judged]() { return double(judged.secure); });
  ownStatus.addCounter("unsigned", [&judged]() { return double(judged.insecure); });
  ownStatus.addCounter("forged", [&judged]() { return double(judged.bogus); });
  ownStatus.addCounter("undated", [&judged]() { return double(judged.undated); });
  ownStatus.addCounter("not_validated", [&judged]() { return double(judged.unjudged); });
  auto& cached = names.counters();
  ownStatus.addCounter("cache_hits", [&cached]() { return double(cached.hits); });
  ownStatus.addCounter("cache_misses", [&cached]() { return double(cached.misses); });
  ownStatus.addCounter("cache_refreshed", [&cached]() { return double(cached.refreshed); });
  ownStatus.addCounter("cache_stale", [&cached]() { return double(cached.stale); });
  ownStatus.addCounter("cache_answers", [this]() { return double(names.cache().size()); });
  ownStatus.addCounter("cache_bytes", [this]() { return double(names.cache().bytes()); });
  ownStatus.addCounter("names_remembered", [this]() { return double(memory.size()); });
}

kj::Vector<kj::String> Service::notes() {
  kj::Vector<kj::String> words;
  KJ_IF_MAYBE (moved, place)
    words.add(kj::str("listens on ", kj::strArray(moved->listen, " and "), ": ", moved->held));
  KJ_IF_MAYBE (note, portal.note()) words.add(kj::mv(*note));
  KJ_IF_MAYBE (note, clock.note()) words.add(kj::mv(*note));
  return words;
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (policy.connected())
    ownStatus.setState("running");
  else
    ownStatus.setState("degraded", "policy does not answer: no name is given unjudged");
  ownStatus.setNotes(notes());
  ownStatus.fill(builder);
}

}  // namespace portreeve::resolver
