// SPDX-License-Identifier: GPL-3.0-or-later
// What happens that an administrator may want to search for in the journal: connections that were
// refused, questions to people and how they ended, modes that began and ended, changes of rules and
// settings. Behind the verdict, bounded in number; the same
// as JSON lines are `portreeve connections --follow --json` and `portreeve ask --follow --json`.
#pragma once

#include "common/accounts.h"
#include "policy/change-log.h"
#include "policy/flow-table.h"
#include "policy/journal.h"
#include "policy/modes/modes.h"
#include "policy/prompts/prompt-watchers.h"
#include "policy/recent-ids.h"

#include <kj/timer.h>

#include <cstdint>

namespace portreeve::policy {

class Events final : private FlowObserver {
public:
  static constexpr uint32_t MOST_A_SECOND = 50;  // entries; what comes beyond is counted alone
  static constexpr size_t REMEMBERED = 4096;     // flows that were told

  Events(FlowTable& flows, const UserNames& users, kj::Timer& timer, Journal& journal);
  ~Events() noexcept(false);
  KJ_DISALLOW_COPY(Events);

  void asked(const Question& question);
  void closed(const Question& question, const Closed& how);
  void turned(const Modes::Turn& turn);
  void changed(const Change& change);

  uint64_t beyond() const { return tooMany; }

private:
  FlowTable& flows;
  const UserNames& users;
  kj::Timer& timer;
  Journal& journal;
  RecentIds told{REMEMBERED};  // flows
  kj::TimePoint second;
  uint32_t inSecond = 0;
  uint64_t tooMany = 0;

  void flowChanged(const Flow& flow) override;
  bool mayTell();
};

}  // namespace portreeve::policy
