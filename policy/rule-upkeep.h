// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to the rules by itself: files that change are read again, rules end, hours of the
// week begin and are over, the clock is set, and what nobody confirmed is taken back.
#pragma once

#include "policy/change-committer.h"
#include "policy/clock-watch.h"
#include "policy/confirmation.h"
#include "policy/rule-activation.h"
#include "policy/rule-watch.h"
#include "policy/rules-in-force.h"
#include "policy/serial-queue.h"
#include "policy/settings-in-force.h"

#include <kj/array.h>
#include <kj/async-unix.h>
#include <kj/async.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve::policy {

class RuleUpkeep {
public:
  struct Parts {
    // Outlive it.
    kj::Timer& timer;
    RulesInForce& inForce;
    SettingsInForce& settings;
    Confirmation& confirmation;
    SerialQueue& queue;  // of all changes
    RuleActivation& activation;
    ChangeCommitter& committer;
  };
  RuleUpkeep(kj::UnixEventPort& port, kj::ArrayPtr<const kj::StringPtr> watched, Parts parts);
  // `watched`: folders and files. Opens the watches: before the sandbox.
  KJ_DISALLOW_COPY(RuleUpkeep);

  kj::Promise<void> run();
  // Never resolves. What fails is logged, and tried again with the next look.

private:
  Parts parts;
  RuleWatch watch;
  ClockWatch clockWatch;

  kj::Promise<void> watchFiles();
  kj::Promise<void> settled(kj::TimePoint latest);
  kj::Promise<void> readAgain();
  kj::Promise<void> keepTime();
  kj::TimePoint nextWake();
  kj::Promise<void> look();
};

}  // namespace portreeve::policy
