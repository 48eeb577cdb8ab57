// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/service.h"

#include "resolver/dialer.h"
#include "resolver/https-transport.h"
#include "resolver/stream-transport.h"
#include "resolver/udp-transport.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

void requireNotOurselves(kj::ArrayPtr<const Upstream> upstreams, int fd) {
  auto ours = Endpoint::ofSocket(fd);
  for (auto& upstream : upstreams)
    if (upstream.isSameServer(ours.address, ours.port))
      KJ_FAIL_REQUIRE(kj::str("resolver.upstreams: ", upstream.toString(),
                              " is this resolver itself: name another server"));
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
                 const Settings::Resolver& settings, kj::ArrayPtr<const Upstream> upstreams,
                 const Directories& directories, Sockets sockets)
    : events(io.unixEventPort, io.provider->getTimer()),
      policy(*io.lowLevelProvider, io.provider->getTimer(), directories.socket("policy"), memory),
      names(makeSource(io, settings, upstreams), io.provider->getTimer(),
            size_t(settings.cacheMiB) << 20, settings.serveStale),
      filter(settings, kj::str(directories.state, "/lists")),
      listsWatch(io.unixEventPort, io.provider->getTimer(), kj::str(directories.state, "/lists")),
      queries(policy, names, memory, filter, io.provider->getTimer()),
      selfProbe(io.unixEventPort, io.provider->getTimer(), policy,
                settings.selfProbe * kj::SECONDS),
      ownStatus(Role::RESOLVER),
      rpc(*io.lowLevelProvider, sockets.rpc.release(), accounts,
          [this](Entitlement peer) { return makeBootstrap(inside(), kj::mv(peer)); }) {
  auto& timer = io.provider->getTimer();
  for (auto& socket : sockets.udp) {
    requireNotOurselves(upstreams, socket.fd);
    selfProbe.add(Endpoint::ofSocket(socket.fd).address.isV4() ? proto::Family::IPV4
                                                               : proto::Family::IPV6);
    udp.add(kj::heap<UdpListener>(io.unixEventPort, timer, kj::mv(socket.fd), queries));
  }
  for (auto& socket : sockets.tcp) {
    requireNotOurselves(upstreams, socket.fd);
    tcp.add(kj::heap<TcpListener>(*io.lowLevelProvider, timer, kj::mv(socket.fd), queries));
  }
  addCounters();
}

kj::Promise<void> Service::serve() {
  kj::Promise<void> all = rpc.serve()
                              .exclusiveJoin(events.run())
                              .exclusiveJoin(followLists())
                              .exclusiveJoin(selfProbe.run());
  for (auto& listener : udp) all = all.exclusiveJoin(listener->serve());
  for (auto& listener : tcp) all = all.exclusiveJoin(listener->serve());
  return all;
}

NameSource& Service::makeSource(kj::AsyncIoContext& io, const Settings::Resolver& settings,
                                kj::ArrayPtr<const Upstream> upstreams) {
  auto& timer = io.provider->getTimer();
  if (upstreams.size() == 0) {
    auto made = kj::heap<Resolution>(events, timer, settings.rootAnchor, settings.rootHints);
    auto& result = *made;
    recursion = kj::mv(made);
    return result;
  }
  auto made = kj::heap<Forwarder>(timer);
  for (auto& upstream : upstreams) {
    auto dialer = makeDialer(io.provider->getNetwork(), timer, tls, upstream);
    if (upstream.protocol == Protocol::HTTPS) {
      made->add(
          upstream.clone(),
          UpstreamTransports{kj::heap<HttpsTransport>(kj::mv(dialer), timer, upstream), nullptr});
      continue;
    }
    kj::Own<Transport> stream = kj::heap<StreamTransport>(kj::mv(dialer), timer);
    if (upstream.protocol == Protocol::UDP)
      made->add(
          upstream.clone(),
          UpstreamTransports{kj::heap<UdpTransport>(io.unixEventPort, upstream), kj::mv(stream)});
    else
      made->add(upstream.clone(), UpstreamTransports{kj::mv(stream), nullptr});
  }
  auto& result = *made;
  forwarder = kj::mv(made);
  return result;
}

Inside Service::inside() {
  kj::Maybe<Forwarder&> forwards;
  KJ_IF_MAYBE (own, forwarder) forwards = **own;
  return {queries, names, filter, forwards, statusFiller};
}

kj::Promise<void> Service::followLists() {
  return listsWatch.changed().then([this]() {
    if (filter.refresh()) queries.forgetRulings();
    return followLists();
  });
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
  auto& cached = names.counters();
  ownStatus.addCounter("cache_hits", [&cached]() { return double(cached.hits); });
  ownStatus.addCounter("cache_misses", [&cached]() { return double(cached.misses); });
  ownStatus.addCounter("cache_refreshed", [&cached]() { return double(cached.refreshed); });
  ownStatus.addCounter("cache_stale", [&cached]() { return double(cached.stale); });
  ownStatus.addCounter("cache_answers", [this]() { return double(names.cache().size()); });
  ownStatus.addCounter("cache_bytes", [this]() { return double(names.cache().bytes()); });
  ownStatus.addCounter("names_remembered", [this]() { return double(memory.size()); });
}

void Service::fillStatus(proto::view::ProcessStatus::Builder builder) {
  if (policy.connected())
    ownStatus.setState("running");
  else
    ownStatus.setState("degraded", "policy does not answer: no name is given unjudged");
  ownStatus.fill(builder);
}

}  // namespace portreeve::resolver
