// SPDX-License-Identifier: GPL-3.0-or-later
// The resolver as a whole: its parts, tied together, and its RPC bootstrap (proto/resolver.capnp).
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/dns-place.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/status.h"
#include "resolver/bootstrap.h"
#include "resolver/caching-names.h"
#include "resolver/clock-trust.h"
#include "resolver/dns64.h"
#include "resolver/judged-query.h"
#include "resolver/lists-watch.h"
#include "resolver/multicast-names.h"
#include "resolver/name-filter.h"
#include "resolver/name-memory.h"
#include "resolver/name-router.h"
#include "resolver/network-teller.h"
#include "resolver/policy-link.h"
#include "resolver/portal-names.h"
#include "resolver/resolution.h"
#include "resolver/self-probe.h"
#include "resolver/server-lookup.h"
#include "resolver/servers-watch.h"
#include "resolver/tcp-listener.h"
#include "resolver/tls-client.h"
#include "resolver/ub-event-base.h"
#include "resolver/udp-listener.h"
#include "resolver/validator.h"

#include <kj/async-io.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::resolver {

struct Sockets {
  kj::AutoCloseFd rpc;
  kj::Vector<service::HandedSocket> udp, tcp;  // "dns-udp4…", "dns-udp6…", "dns-tcp4…", "dns-tcp6…"

  static Sockets take(service::HandedSockets handed);
  // Throws FAILED when the RPC socket or every DNS socket is missing.
};

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings::Resolver& settings,
          UpstreamChoice upstreams, const Directories& directories, Sockets sockets,
          FileReader files);
  // Throws FAILED when an upstream is one of our own sockets: we would ask ourselves for ever.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Resolves when this process is to be started anew; rejects when one of the parts fails for good.

private:
  kj::Timer& timer;
  NameMemory memory;
  RetoldTableWriter retold;
  UbEventBase events;
  ClockTrust clock;
  bool datesCount = false;  // from now on
  TlsClient tls;
  UpstreamPool pool;
  LoopProbe loops;
  Resolution recursion;
  Validator validator;
  MulticastNames links;
  NameRouter router;
  PortalProbe portalProbe;
  PortalNames portal;
  Dns64 dns64;
  LocalNames local;
  ServersWatch network;
  PolicyLink policy;
  CachingNames names;
  NameFilter filter;
  ServerLookup servers{names, filter, local};
  ListsWatch listsWatch;
  JudgedQueries queries;
  SelfProbe selfProbe;
  NetworkTeller attachment;
  kj::Vector<kj::Own<UdpListener>> udp;
  kj::Vector<kj::Own<TcpListener>> tcp;
  kj::Maybe<DnsPlace> place = DnsPlace::fromEnvironment();
  OwnStatus ownStatus;
  kj::Function<void(proto::view::ProcessStatus::Builder)> statusFiller =
      [this](proto::view::ProcessStatus::Builder builder) { fillStatus(builder); };
  RpcServer rpc;

  void useNetwork(const NetworkServers& given);
  Inside inside();
  kj::Promise<void> followLists();
  void addCounters();
  kj::Promise<void> followClock();
  void heedDates();
  kj::Vector<kj::String> notes();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::resolver
