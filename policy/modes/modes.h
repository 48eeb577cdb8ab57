// SPDX-License-Identifier: GPL-3.0-or-later
// Lockdown, pause and learn: what holds for a while instead of people's rules. One at a time; each
// ends by itself, also across restarts of policy and when the clock is set, and, where it was begun
// so, at once unless it is confirmed. It stands in a file of the state folder.
#pragma once

#include "policy/durable-folder.h"
#include "policy/rule-store.h"
#include "proto/modes.capnp.h"
#include "proto/view.capnp.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::policy {

class Modes final {
public:
  static constexpr kj::StringPtr FILE_NAME = "mode.toml"_kj;
  static constexpr uint32_t LONGEST_SECONDS = 30 * 24 * 60 * 60;

  struct Parts {
    // All outlive it.
    kj::Timer& timer;
    RuleStore& rules;
    DurableFolder& state;
    kj::Function<uint64_t()> clock;      // wall clock
    kj::Function<uint64_t()> sinceBoot;  // as sinceBootNs()
  };
  explicit Modes(Parts parts);
  // Before the sandbox: reads which boot this is.
  KJ_DISALLOW_COPY(Modes);

  void restore();
  // Before the rules are loaded first. A file that is not what was written there is said, and no
  // mode is on.

  kj::Promise<void> run();
  // Ends what is over. Never resolves.

  struct Wanted {
    rules::Mode mode = rules::Mode::NONE;
    uint32_t seconds = 0;
    uint32_t confirmSeconds = 0;  // 0: needs no confirmation
  };
  kj::Promise<uint32_t> begin(Wanted wanted, kj::StringPtr who);
  // In force when it resolves; how many open connections got another verdict. Throws FAILED in
  // words.
  struct Ended {
    rules::Mode mode = rules::Mode::NONE;  // that was on
    uint32_t affected = 0;
  };
  kj::Promise<Ended> end(kj::StringPtr who);
  kj::Promise<bool> confirm();
  // False: nothing was to be confirmed.

  struct Turn {
    // A mode that begins or ends.
    rules::Mode mode = rules::Mode::NONE;
    kj::StringPtr how;     // "begun", "ended", "expired", "unconfirmed"
    kj::StringPtr who;     // empty where nobody did it
    uint64_t untilNs = 0;  // wall clock; of one that begins
  };
  void onTurn(kj::Function<void(const Turn&)> tell) { told = kj::mv(tell); }

  rules::Mode mode() const { return now.mode; }
  void fill(proto::view::RulesStatus::Builder status) const;  // all that is about modes

private:
  struct Current {
    rules::Mode mode = rules::Mode::NONE;
    uint64_t endNs = 0;      // since boot
    uint64_t confirmNs = 0;  // since boot; 0: needs none
    kj::String who;
  };

  mutable Parts parts;
  kj::String boot;
  Current now;
  kj::Function<void(const Turn&)> told = [](const Turn&) {};
  kj::Own<kj::PromiseFulfiller<void>> begun = kj::newPromiseAndFulfiller<void>().fulfiller;

  kj::Promise<void> keep(const Current& current);
  kj::String text(const Current& current) const;
  void read(kj::StringPtr text);
  kj::Promise<void> look();
  kj::Promise<uint32_t> leave();
  uint64_t toWall(uint64_t sinceBootNs) const;
};

kj::StringPtr nameOf(rules::Mode mode);  // "lockdown", "pause", "learn"; empty for NONE
proto::Mode toProto(rules::Mode mode);

}  // namespace portreeve::policy
