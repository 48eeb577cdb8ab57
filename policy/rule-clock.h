// SPDX-License-Identifier: GPL-3.0-or-later
// What "for 30 minutes" means when the wall clock is set: the time that has really passed, suspend
// included (CLOCK_BOOTTIME). A rule's end is kept in wall-clock time; when the clock jumps, files
// that were there before are counted as written so much later (or earlier).
#pragma once

#include "policy/durable-folder.h"
#include "policy/rule-files.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>

#include <cstdint>
#include <map>
#include <string>

namespace portreeve::policy {

class RuleClock {
public:
  static constexpr kj::StringPtr FILE_NAME = "rule-clock.toml"_kj;

  using Clock = kj::Function<uint64_t()>;  // ns

  RuleClock(Clock& wall, Clock& sinceBoot, DurableFolder& state);
  // Before the sandbox: reads which boot this is. `state` holds the file.

  void restore();
  // What an earlier life of policy knew. Files that came while no policy ran, after the clock was
  // set, are taken for older ones.

  void age(RuleSources& sources) const;
  // Sets the times of files from before a jump to what they would be by the clock of now.

  int64_t jump(RuleSources& known);
  // By how much the wall clock was set since the last time (ns); 0: it was not. `known`, aged
  // already, are aged by it.

  void keep(kj::ArrayPtr<const rules::RuleSource> known);
  // For a later life. Failing is logged: it costs nothing unless the clock is set, too.

private:
  using Key = std::pair<std::string, uint64_t>;  // file, its own time
  Clock& wall;
  Clock& sinceBoot;
  DurableFolder& state;
  kj::String boot;
  int64_t offset;  // wall clock less time since boot
  std::map<Key, uint64_t> aged;
  kj::String kept;
  kj::Promise<void> keeping = nullptr;

  int64_t offsetNow() const { return int64_t(wall()) - int64_t(sinceBoot()); }
  kj::String text(kj::ArrayPtr<const rules::RuleSource> known) const;
};

}  // namespace portreeve::policy
