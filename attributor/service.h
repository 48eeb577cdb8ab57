// SPDX-License-Identifier: GPL-3.0-or-later
// The attributor as a whole: its parts, tied together, and its RPC bootstrap
// (proto/attributor.capnp).
#pragma once

#include "attributor/attribution.h"
#include "attributor/examinations.h"
#include "attributor/existing.h"
#include "attributor/keeper-link.h"
#include "attributor/packet-arrow.h"
#include "attributor/policy-arrow.h"
#include "attributor/process-watch.h"
#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/status.h"

#include <kj/async-io.h>

namespace portreeve::attributor {

struct Kernel {
  // What is opened before the sandbox.
  explicit Kernel(bool sockDiag) : sockets(sockDiag) {}

  SocketTable sockets;
  Interfaces interfaces;
};

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const Directories& directories,
          kj::AutoCloseFd rpcSocket, kj::AutoCloseFd examiner, Kernel& kernel);
  // All arguments outlive it.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good.

private:
  class Bootstrap;

  kj::AsyncIoContext& io;
  Kernel& kernel;
  kj::Timer& timer;
  kj::String readerSocket;
  ReaderLink reader;
  KeeperLink keeper;
  Examinations examinations;
  ProcessCache processes;
  ProcessWatch watch;
  ProcNet procNet;
  PolicyArrow policy;
  Attribution attribution;
  PacketArrow packets;
  Existing existing;
  OwnStatus ownStatus;
  RpcServer rpc;

  void addCounters();
  kj::StringPtr whatIsMissing();
  kj::String howSocketsAreFound();
  kj::String howProgramsAreFollowed();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::attributor
