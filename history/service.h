// SPDX-License-Identifier: GPL-3.0-or-later
// The historian as a whole: its parts, tied together, and its RPC bootstrap (proto/history.capnp).
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/settings.h"
#include "common/status.h"
#include "common/worker.h"
#include "history/policy-link.h"
#include "history/reader.h"
#include "history/writer.h"

#include <kj/async-io.h>

namespace portreeve::history {

kj::String databaseFile(const Directories& directories);  // state folder, history/history.db

class Service {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const UserNames& users,
          const Settings& settings, const Directories& directories, kj::AutoCloseFd rpcSocket);
  // Starts threads: to be made behind Landlock and before seccomp. All arguments outlive it.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good.

private:
  class Bootstrap;
  class HistoryServer;

  const Accounts& accounts;
  const UserNames& users;
  const Settings& settings;
  kj::String file;
  kj::String listFolder;  // of compiled lists, for rules that name one
  Engine engine;
  Worker writing, reading, replaying;
  Writer writer;
  Reader quick, slow;
  kj::Maybe<kj::Own<PolicyLink>> policy;  // nullptr: history is switched off
  OwnStatus ownStatus;
  RpcServer rpc;

  bool live() const;  // policy is there and tells
  void addCounters();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::history
