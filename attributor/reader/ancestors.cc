// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/ancestors.h"

#include <algorithm>

namespace portreeve::reader {

void Ancestors::readOf(const StatFields& child, uint64_t nowNs) {
  count = 0;
  StatFields at = child;
  if (!add(at)) return;
  pid_t parent = line[0].pid;
  uint64_t start = at.startTicks;
  if (auto known = recall(parent, start, nowNs)) {
    std::copy_n(known->above, known->count, line + 1);
    count += known->count;
    return;
  }
  while (count < ANCESTORS_AT_MOST && add(at)) continue;
  remember(parent, start, nowNs);
}

bool Ancestors::add(StatFields& child) {
  // Appends the parent of `child`, which then is that parent.
  if (child.parent <= 0) return false;
  ProcessEntry entry(proc, child.parent);
  if (!entry.opened()) return false;
  KJ_IF_MAYBE (of, entry.stat()) {
    // A parent that is younger than its child has the number of one that is gone.
    if (of->startTicks > child.startTicks) return false;
    Ancestor& parent = line[count++];
    parent.pid = child.parent;
    parent.exeSize = entry.readLink("exe", parent.exe);
    child = *of;
    return true;
  }
  return false;
}

const Ancestors::Remembered* Ancestors::recall(pid_t parent, uint64_t start, uint64_t nowNs) const {
  for (auto& one : remembered)
    if (one.parent == parent && one.parentStart == start && nowNs - one.readNs < REMEMBERED_NS)
      return &one;
  return nullptr;
}

void Ancestors::remember(pid_t parent, uint64_t start, uint64_t nowNs) {
  auto& place = remembered[oldest];
  oldest = (oldest + 1) % kj::size(remembered);
  place.parent = parent;
  place.parentStart = start;
  place.readNs = nowNs;
  place.count = count - 1;
  std::copy_n(line + 1, place.count, place.above);
}

}  // namespace portreeve::reader
