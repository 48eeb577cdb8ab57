// SPDX-License-Identifier: GPL-3.0-or-later
// What policy has the kernel do beside verdicts, by the interceptor's hand: conntrack entries
// listed, marked and deleted, sockets ended.
#pragma once

#include "common/tuple.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct MarkChange {
  Tuple tuple;
  uint32_t mark;
};

struct TrackedEntry {
  Tuple tuple;  // original direction
  uint32_t mark = 0;
  uint64_t originalBytes = 0;  // 0 where net.netfilter.nf_conntrack_acct is off
  uint64_t replyBytes = 0;
  bool assured = false;  // both ends have spoken, for a while
};

class KernelActs {
  // Each resolves when the kernel has done it, with how many did not exist; rejects with
  // DISCONNECTED while the interceptor is away. Either direction of a tuple names an entry that is
  // not NATed. Acts are done in the order of the calls.
public:
  using OnEntry = kj::Function<void(const TrackedEntry&)>;

  virtual kj::Promise<uint32_t> setMarks(kj::Vector<MarkChange> changes) = 0;
  virtual kj::Promise<uint32_t> deleteEntries(kj::Vector<Tuple> tuples) = 0;
  virtual kj::Promise<uint32_t> destroySockets(kj::Vector<Tuple> localFirst) = 0;
  virtual kj::Promise<void> list(OnEntry onEntry) = 0;
  // The whole table, in pieces. One walk at a time: begin none while another goes on.

protected:
  ~KernelActs() noexcept(false) = default;
};

}  // namespace portreeve::policy
