// SPDX-License-Identifier: GPL-3.0-or-later
// The words for programs and processes in the table that the resolver reads (common/asker-table.h).
// Two processes have the same word for their program where no rule could tell them apart.
#pragma once

#include "common/asker-table.h"
#include "policy/program.h"

#include <kj/common.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::policy {

class AskerWords {
public:
  static constexpr size_t MOST_PROGRAMS = 65536;

  explicit AskerWords(size_t most = MOST_PROGRAMS);
  KJ_DISALLOW_COPY(AskerWords);

  bool assign(Program& program);
  // Its words, in program.askerWord; others once something else is known of it that rules look at.
  // False: the words given before may mean others now, so whatever is kept under them has to be
  // forgotten.

  struct LookedAt {
    bool instance = false;     // by some rule in force: single processes
    bool examination = false;  // SHA-256 and package of the program's file, known a while later
    bool operator==(const LookedAt& other) const = default;
  };
  void heed(const LookedAt& facts);
  // The caller has what is kept forgotten.

private:
  size_t most;
  uint64_t secret[2];
  LookedAt lookedAt;
  std::unordered_map<uint64_t, uint32_t> programs;  // by a keyed hash of what rules look at
  uint32_t lastProcess = 0;

  uint64_t digest(const Program& program) const;
};

}  // namespace portreeve::policy
