// SPDX-License-Identifier: GPL-3.0-or-later
// A change that is taken back unless it is confirmed: what the suite's own rule files were before,
// and until when there is time. It stands in a file of the state folder, so that it outlives
// policy.
#pragma once

#include "policy/durable-folder.h"
#include "policy/rule-files.h"

#include <kj/async.h>
#include <kj/time.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class Confirmation {
public:
  static constexpr kj::StringPtr FILE_NAME = "pending-confirmation.toml"_kj;

  Confirmation(DurableFolder& folder, kj::Timer& timer) : folder(folder), timer(timer) {}
  // `folder` holds the file.

  kj::Promise<void> begin(kj::Vector<FileChange> back, kj::Duration within, uint64_t nowWallNs);
  // `back` undoes the change that is about to be made. Where another one is pending already, the
  // two are one from here on, with the later of both ends: whoever changes something is not locked
  // out yet.
  kj::Promise<void> end();
  // Confirmed, or taken back.
  void forget();
  // The same, where the file is gone already.

  void restore(uint64_t nowWallNs);
  // At the start: what an earlier life has left pending.

  bool pending() const { return waiting; }
  bool overdue() const { return waiting && timer.now() >= due; }
  kj::TimePoint until() const { return due; }  // while pending
  uint64_t untilWallNs() const { return waiting ? dueWallNs : 0; }
  kj::Vector<FileChange> back() const;  // what undoes it all

private:
  DurableFolder& folder;
  kj::Timer& timer;
  bool waiting = false;
  kj::TimePoint due = kj::origin<kj::TimePoint>();  // the wall clock may be set meanwhile
  uint64_t dueWallNs = 0;
  kj::Vector<FileChange> former;

  static void addFormer(kj::Vector<FileChange>& all, FileChange change);
};

}  // namespace portreeve::policy
