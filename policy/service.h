// SPDX-License-Identifier: GPL-3.0-or-later
// Policy as a whole: its parts, tied together.
#pragma once

#include "common/accounts.h"
#include "common/directories.h"
#include "common/rpc-server.h"
#include "common/service.h"
#include "common/settings.h"
#include "common/status.h"
#include "common/worker.h"
#include "policy/askers.h"
#include "policy/attributed-arrow.h"
#include "policy/attributor-link.h"
#include "policy/bootstrap.h"
#include "policy/conntrack-walk.h"
#include "policy/deciding.h"
#include "policy/earlier-sessions.h"
#include "policy/events.h"
#include "policy/existing-flows.h"
#include "policy/flow-table.h"
#include "policy/follow.h"
#include "policy/gate-routes.h"
#include "policy/history-stream.h"
#include "policy/interceptor-link.h"
#include "policy/judge.h"
#include "policy/kernel-watcher.h"
#include "policy/modes/learned.h"
#include "policy/modes/modes.h"
#include "policy/name-judge.h"
#include "policy/prompts/prompts.h"
#include "policy/rejudge.h"
#include "policy/rule-store.h"
#include "policy/self-probe.h"
#include "policy/session-secrets.h"
#include "policy/token-store.h"

#include <kj/async-io.h>

namespace portreeve::policy {

RuleFolders ruleFolders(const Directories& directories);

class Service final : private kj::TaskSet::ErrorHandler {
public:
  Service(kj::AsyncIoContext& io, const Accounts& accounts, const Settings& settings,
          const UserNames& users, const Directories& directories, kj::AutoCloseFd rpcSocket,
          service::Notifier& notifier);
  // All arguments outlive it. Dials nobody before the event loop turns.
  KJ_DISALLOW_COPY(Service);

  void setLandlock(kj::StringPtr words) { ownStatus.setLandlock(words); }

  void startCompiler();
  // The thread that reads and compiles rules beside the verdicts: after Landlock, before seccomp.

  void loadTokens() { tokens.read(); }
  void loadRules();
  // And the questions that are open. Within the sandbox. Throws FAILED with every problem of the
  // rule files.

  kj::Promise<void> serve();
  // Never resolves; rejects when one of the parts fails for good. Ready is said when the rules are
  // in force in the kernel.

private:
  kj::Timer& timer;
  service::Notifier& notifier;
  bool saidReady = false;
  bool reconciling = false;
  bool rejudging = false;
  uint sweeps = 0;
  OwnStatus ownStatus;
  FlowTable flows;
  RuleStore rules;
  ProgramCache programs;
  TransientFlows transient;
  LateEnds lateEnds;
  EarlierSessions earlier;
  SelfProbe probe;
  Headings headings;
  Askers askers;
  NameTable names;
  NameLookups lookups;
  Deciding deciding;
  SettleArrow settle;
  AttributorLink attributor;
  InterceptorLink interceptor;
  KernelEvents events;
  ConntrackWalk walk;
  ExistingFlows existing;
  DiskSync disk;
  DurableFolder state;
  Prompts prompts;
  Modes modes;
  Learned learned;
  Judge judge;
  Rejudge rejudge;
  NameJudges nameJudges;
  AttributedArrow attributed;
  SessionSecrets secrets;
  TokenStore tokens;
  Followers followers;
  HistoryStream history;
  GateRoutes gateRoutes;
  kj::Maybe<Journal> journal;
  kj::Maybe<Events> told;  // nullptr: history is off, and so is the journal
  BootstrapParts bootstrap;
  RpcServer rpc;
  kj::Maybe<kj::Own<Worker>> compiler;  // ends before what its jobs look at
  kj::TaskSet tasks;                    // last: destroyed first

  kj::Promise<void> sweep();
  void enforcing();
  void rejudgeSoon();
  void judgeNamesAnew();
  void reconcileSoon();
  void repair(proto::Hook hook, proto::Family family);
  void taskFailed(kj::Exception&& e) override;
  kj::Promise<kj::Own<Program>> findProcess(const Tuple& localFirst);
  void addCounters();
  void addPromptCounters();
  void fillStatus(proto::view::ProcessStatus::Builder builder);
};

}  // namespace portreeve::policy
