// SPDX-License-Identifier: GPL-3.0-or-later
// Who started a process, and who started that one. A shell starts many programs in a row: whoever
// stands above the parent is remembered for a second, so that each costs one look and not sixteen;
// the parent's own folder stays open.
#pragma once

#include "attributor/reader/process-entry.h"

#include <capnp/blob.h>
#include <kj/common.h>
#include <sys/types.h>

#include <cstdint>

namespace portreeve::reader {

constexpr size_t ANCESTOR_PATH_BYTES = 700;  // a longer one is left out
constexpr size_t ANCESTORS_AT_MOST = 16;

struct Ancestor {
  pid_t pid = 0;
  size_t exeSize = 0;
  char exe[ANCESTOR_PATH_BYTES + 1];

  capnp::Data::Reader path() const { return {reinterpret_cast<const kj::byte*>(exe), exeSize}; }
};

class Ancestors {
public:
  static constexpr uint64_t REMEMBERED_NS = 1'000'000'000;

  explicit Ancestors(int proc) : proc(proc) {}
  KJ_DISALLOW_COPY(Ancestors);

  void readOf(const StatFields& child, uint64_t nowNs);
  // `nowNs`: CLOCK_MONOTONIC. The parent is looked at in any case; those above it may be as they
  // were up to REMEMBERED_NS ago.
  kj::ArrayPtr<const Ancestor> nearestFirst() const { return kj::arrayPtr(line, count); }

private:
  struct Parent {
    pid_t pid = 0;
    ProcessEntry entry;
    kj::Maybe<uint64_t> readNs;  // when `above` was
    size_t count = 0;
    Ancestor above[ANCESTORS_AT_MOST - 1];

    bool knows(uint64_t nowNs) const;
  };

  int proc;
  size_t count = 0;
  Ancestor line[ANCESTORS_AT_MOST];
  Parent parents[4];
  size_t oldest = 0;

  Parent& placeOf(pid_t pid);
  bool add(const ProcessEntry& entry, StatFields& child);
  void addAbove(Parent& parent, StatFields& child, uint64_t nowNs);
};

}  // namespace portreeve::reader
