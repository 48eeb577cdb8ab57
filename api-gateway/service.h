// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway as a whole: its parts, tied together, and its RPC bootstrap (proto/gateway.capnp).
#pragma once

#include "api-gateway/api.h"
#include "api-gateway/http-guard.h"
#include "api-gateway/http-headers.h"
#include "api-gateway/http-listener.h"
#include "api-gateway/session-store.h"
#include "api-gateway/suite-link.h"
#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/status.h"

#include <kj/async-io.h>
#include <kj/vector.h>

namespace portreeve::gateway {

struct Sockets {
  kj::AutoCloseFd rpc;
  kj::Vector<service::HandedSocket> http;  // "http4", "http6"

  static Sockets take(service::HandedSockets handed);
  // Throws FAILED when the RPC socket or every HTTP socket is missing.
};

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, Directories directories, StaticFiles ui,
          UserNames users, Sockets sockets);
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good.

private:
  class Bootstrap;

  HttpNames names;
  OwnHosts hosts;
  StaticFiles ui;
  UserNames users;
  SessionStore sessions;
  EventHub events;
  LoginAttempts logins;
  SocketSuiteLink suite;
  Doorkeeper doorkeeper;
  Api api;
  Site site;
  OpenConnections open;
  kj::Vector<kj::Own<HttpListener>> listeners;
  OwnStatus ownStatus;
  RpcServer rpc;

  void addCounters();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::gateway
