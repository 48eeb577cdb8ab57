// SPDX-License-Identifier: GPL-3.0-or-later
// The gate as a whole: its parts, tied together.
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/settings.h"
#include "common/status.h"
#include "gate17/bootstrap.h"
#include "gate17/listener.h"
#include "gate17/suite-names.h"
#include "gate17/suite-routing.h"
#include "gate17/tcp-entrance.h"
#include "gate17/udp-entrance.h"
#include "gate17/ways.h"

#include <kj/async-io.h>

namespace portreeve::gate17 {

struct Sockets {
  kj::AutoCloseFd rpc;
  kj::Vector<service::HandedSocket> turned;     // "turned-tcp4": what the kernel turns here
  kj::Vector<service::HandedSocket> datagrams;  // "turned-udp4", "turned-udp6"
  kj::Vector<service::HandedSocket> entry;  // "entry-tcp4", "entry-tcp6": programs that speak to
                                            // us, and IPv6 that is turned

  static Sockets take(service::HandedSockets handed);
  // Throws FAILED when one for RPC or all for connections are missing.
};

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings::Gate& settings,
          const Directories& directories, Sockets sockets);
  // Reads the credentials of the ways. All references outlive it.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good.

private:
  SuiteNames names;
  Ways ways;
  SuiteRouting routing;
  TcpEntrance tcp;
  kj::Vector<kj::Own<UdpEntrance>> udp;
  kj::Vector<kj::Own<Listener>> listeners;
  OwnStatus ownStatus;
  BootstrapParts bootstrap;
  RpcServer rpc;

  void listen(kj::AsyncIoContext& io, kj::Vector<service::HandedSocket>& sockets,
              TcpEntrance::Expect expect);
  void cut(const Tuple& original);
  void addCounters();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::gate17
