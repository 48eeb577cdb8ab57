// SPDX-License-Identifier: GPL-3.0-or-later
// After the rules have changed: judges every open flow again and has the kernel act on what is
// different now.
#pragma once

#include "policy/deciding.h"
#include "policy/flow-table.h"
#include "policy/kernel-acts.h"
#include "policy/late-ends.h"
#include "policy/transient-flows.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class Rejudge final : private kj::TaskSet::ErrorHandler {
public:
  Rejudge(kj::Timer& timer, FlowTable& flows, TransientFlows& transient, LateEnds& lateEnds,
          Deciding& deciding, KernelActs& kernel);
  KJ_DISALLOW_COPY(Rejudge);

  kj::Promise<uint32_t> run();
  // How many open connections got another verdict; resolves when the kernel has it. Newly
  // forbidden: TCP is ended at once, others meet the new mark with their next packet. Newly turned
  // (gate17): ended, to begin anew. What was refused before is judged when it tries again. Flows
  // whose process is not known are asked about again. Never rejects.

  bool owesActs() const { return owing; }
  // The interceptor was away when the last run had something done: run it again when it is back.

private:
  struct Acts {
    kj::Vector<Tuple> destroy;  // local end first
    kj::Vector<MarkChange> marks;
    kj::Vector<Tuple> remove;
  };
  struct Young;
  struct Pass;

  kj::Timer& timer;
  FlowTable& flows;
  TransientFlows& transient;
  LateEnds& lateEnds;
  Deciding& deciding;
  KernelActs& kernel;
  bool owing = false;
  kj::ForkedPromise<void> last;
  kj::TaskSet tasks;

  kj::Promise<uint32_t> pass();
  kj::Promise<void> onceMore(kj::ArrayPtr<const Young> young);
  kj::Promise<void> goOn(Pass& pass);
  bool judge(Flow& flow, Pass& pass);
  void act(Flow& flow, proto::Verdict before, Acts& acts);
  void askAgain(Flow& flow, Acts& acts);
  void stop(const Flow& flow, Acts& acts);
  void leaveUntracked(Flow& flow);
  kj::Promise<void> perform(Acts acts);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
