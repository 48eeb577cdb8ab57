// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/ancestors.h"

#include <algorithm>

namespace portreeve::reader {

bool Ancestors::Parent::knows(uint64_t nowNs) const {
  return readNs.map([&](uint64_t read) { return nowNs - read < REMEMBERED_NS; }).orDefault(false);
}

void Ancestors::readOf(const StatFields& child, uint64_t nowNs) {
  count = 0;
  if (child.parent <= 0) return;
  Parent& parent = placeOf(child.parent);
  StatFields at = child;
  if (!add(parent.entry, at)) {
    // Not known, or another has its number by now.
    parent.entry = ProcessEntry(proc, child.parent);
    parent.readNs = nullptr;
    if (!add(parent.entry, at)) return;
  }
  addAbove(parent, at, nowNs);
}

Ancestors::Parent& Ancestors::placeOf(pid_t pid) {
  for (auto& parent : parents)
    if (parent.pid == pid) return parent;
  Parent& place = parents[oldest];
  oldest = (oldest + 1) % kj::size(parents);
  place.pid = pid;
  place.entry = ProcessEntry();
  place.readNs = nullptr;
  return place;
}

bool Ancestors::add(const ProcessEntry& entry, StatFields& child) {
  // Appends the parent of `child`, whose folder is given; `child` then is that parent.
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

void Ancestors::addAbove(Parent& parent, StatFields& child, uint64_t nowNs) {
  if (parent.knows(nowNs)) {
    std::copy_n(parent.above, parent.count, line + 1);
    count += parent.count;
    return;
  }
  while (count < ANCESTORS_AT_MOST && child.parent > 0 &&
         add(ProcessEntry(proc, child.parent), child))
    continue;
  parent.readNs = nowNs;
  parent.count = count - 1;
  std::copy_n(line + 1, parent.count, parent.above);
}

}  // namespace portreeve::reader
