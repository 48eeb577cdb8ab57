// SPDX-License-Identifier: GPL-3.0-or-later
// Processes that were described already: one Program for all flows of an instance, so that a flow
// costs no copies of paths and command lines. Bounded; what is forgotten lives on in its flows.
#pragma once

#include "common/accounts.h"
#include "policy/program.h"

#include <kj/vector.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace portreeve::policy {

class ProgramCache {
public:
  static constexpr size_t CAPACITY = 4096;

  explicit ProgramCache(const Accounts& accounts, size_t capacity = CAPACITY);
  KJ_DISALLOW_COPY(ProgramCache);

  kj::Own<Program> of(proto::Process::Reader process);
  // A process without an instance (not found, the kernel) is described anew each time. One that is
  // told in brief and not known here is unknown for the moment (`askAgain`).
  kj::Maybe<kj::Own<Program>> learn(proto::Process::Reader process);
  // More is known of it now: so it is in all its flows. nullptr: it was not known here.

private:
  kj::Vector<uid_t> suiteUids;
  size_t capacity;
  std::unordered_map<uint64_t, kj::Own<Program>> known;
  std::deque<uint64_t> order;  // oldest first

  static kj::Own<Program> notTold();
  void keep(uint64_t instance, Program& program);
  bool isSuite(proto::Process::Reader process) const;
};

}  // namespace portreeve::policy
