// SPDX-License-Identifier: GPL-3.0-or-later
// Puts in force what the files say now, rules and settings and the chosen profile, notes what came
// about without policy, and has open flows judged again.
#pragma once

#include "policy/change-recorder.h"
#include "policy/profiles.h"
#include "policy/rules-in-force.h"
#include "policy/settings-in-force.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::policy {

class RuleActivation final : private kj::TaskSet::ErrorHandler {
public:
  struct Parts {
    // Outlive it.
    kj::Timer& timer;
    kj::StringPtr ownFolder;  // of the suite's own rule files
    RulesInForce& inForce;
    SettingsInForce& settings;
    Profiles& profiles;
    ChangeRecorder& recorder;
  };
  explicit RuleActivation(Parts parts) : parts(parts), judging(*this) {}
  KJ_DISALLOW_COPY(RuleActivation);

  using JudgeAgain = kj::Function<kj::Promise<uint32_t>()>;
  // How many open flows got another verdict: as each of the promises below, that resolve when the
  // newest good files are in force. One at a time.
  void onChange(JudgeAgain act) { judgeAgain = kj::mv(act); }

  kj::Promise<uint32_t> reload();
  // Anybody may have changed anything.
  kj::Promise<uint32_t> loadOwn();
  // Policy itself has written files of the suite's own, and noted it. Of others' as `reload`.
  kj::Promise<uint32_t> applyCircumstances();
  // Another profile is in force, or the machine is elsewhere.
  kj::Promise<uint32_t> apply();
  // The set in force is another, or decides otherwise.

  kj::Promise<void> changed();
  // Resolves with the next `apply`. One at a time.

private:
  Parts parts;
  kj::Maybe<JudgeAgain> judgeAgain;
  kj::Own<kj::PromiseFulfiller<void>> tell = kj::newPromiseAndFulfiller<void>().fulfiller;
  kj::TaskSet judging;

  enum class Own { NOTED, UNNOTED };
  kj::Promise<uint32_t> load(Own own);
  bool readSettings(Own own);  // whether others are in force
  void noteRead(Own own);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
