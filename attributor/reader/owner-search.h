// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds a socket? There is no index from a socket's inode to its holder; one looks at
// /proc/PID/fd/N until a link says "socket:[inode]", at 3 µs a link. So what matters is the order,
// which proto/reader.capnp states, and that a search ends (patience.h).
#pragma once

#include "attributor/reader/numbered-entries.h"
#include "attributor/reader/patience.h"
#include "attributor/reader/process-entry.h"
#include "attributor/reader/recent-holders.h"
#include "attributor/reader/seen-sockets.h"

#include <kj/common.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::reader {

constexpr uid_t ANY_UID = static_cast<uid_t>(-1);

struct OwnerQuestion {
  uint64_t inode = 0;
  pid_t hintPid = 0;    // 0: none
  int hintFd = -1;      // -1: none
  uid_t uid = ANY_UID;  // of the socket
  pid_t newerThan = 0;  // 0: unknown
  bool listens = false;
};

enum class Step : uint8_t { HINT, NEWER, SAME_UID, ALL, SEEN_BEFORE };  // as in Answer.step

struct Owner {
  int error = 0;  // ENOENT, ETIME
  pid_t pid = 0;
  int descriptor = -1;
  Step step = Step::HINT;
  StatFields stat;
  FileNumbers file;
  const ProcessEntry* entry = nullptr;  // its, until the next question; nullptr: not open any more
  pid_t newestPid = 0;
  bool shared = false;  // the parent or a child holds it as well
};

class OwnerSearch {
public:
  explicit OwnerSearch(int proc, uint64_t (*clock)() = nullptr);
  // `proc` is the open /proc and outlives this object; `clock` counts ns (CLOCK_MONOTONIC).
  KJ_DISALLOW_COPY(OwnerSearch);

  Owner find(const OwnerQuestion& question);

private:
  struct Rest {
    pid_t pid;
    int below;
  };
  struct Mark {
    pid_t pid = 0;
    uint64_t at = 0;
  };

  int proc;
  uint64_t (*clock)();
  kj::AutoCloseFd loadAverage;
  SeenSockets seen;
  RecentHolders recent;
  Patience patience;
  Mark before, latest;  // the newest pid a second or two ago, and since
  Mark walked;          // where the last walk through all ended

  // Of the question in hand:
  OwnerQuestion asked;
  uint64_t deadline = 0;
  bool late = false;
  pid_t newest = 0;
  kj::Vector<int> window, pids, others;
  kj::Vector<Rest> rests;

  Owner findAny();
  void followToChildren(Owner& owner);
  kj::Maybe<Owner> amongChildren(Owner& parent);
  kj::Maybe<Owner> whereLikely();
  kj::Maybe<Owner> everywhere();
  kj::Maybe<Owner> atHint();
  kj::Maybe<Owner> whereSeen();
  kj::Maybe<Owner> nearHint();
  kj::Maybe<Owner> amongNewer();
  kj::Maybe<Owner> amongRecent();
  kj::Maybe<Owner> inHint();
  kj::Maybe<Owner> amongProcesses();
  kj::Maybe<Owner> inRests();

  void orderPids();
  void noteNewest();
  bool outOfTime();
  bool mayHold(pid_t pid) const;
  kj::Maybe<Owner> quickLook(const Holder& holder, int around, Step step);
  kj::Maybe<Owner> quickLook(pid_t pid, int descriptors, int around, Step step);
  kj::Maybe<Owner> lookAtNewborn(pid_t pid);
  kj::Maybe<Owner> look(pid_t pid, Step step);
  kj::Maybe<Owner> lookOnTheWay(pid_t pid, Step step);
  kj::Maybe<Owner> lookAt(pid_t pid, int descriptors, Descending numbers, int atMost, Step step,
                          int& below);
  kj::Maybe<Owner> at(pid_t pid, int number, Step step);
  kj::Maybe<Owner> at(pid_t pid, int descriptors, int number, Step step);
  kj::Maybe<Owner> found(pid_t pid, int descriptors, int number, Step step);
  bool parentHolds(const StatFields& stat, int number) const;
  Owner ownerOf(const Holder& holder, const StatFields& stat, Step step) const;
  Owner nobody(int error) const;
};

}  // namespace portreeve::reader
