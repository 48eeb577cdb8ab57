// SPDX-License-Identifier: GPL-3.0-or-later
// Every change of rules and settings: who, when, what, and the files before and after. A text file
// that is only ever appended to; each entry holds the hash of the one before (SHA-256), so that
// one that was altered or taken out is noticed. It does not guard against who can write the file
// and makes the whole chain anew: for that keep the newest hash elsewhere.
#pragma once

#include "policy/disk-sync.h"
#include "proto/view.capnp.h"

#include <kj/async.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct ChangedFile {
  kj::String file;               // of the suite's own: its name within their folder; else its path
  bool own = false;              // of the suite's own
  kj::Maybe<kj::String> before;  // nullptr: it was not there
  kj::Maybe<kj::String> after;   // nullptr: it is gone
  uint64_t beforeWrittenNs = 0;  // its time, from which a rule's `for` counts
};

struct Change {
  uint32_t number = 0;  // from 1
  kj::String time;      // RFC 3339
  kj::String who;       // "uid 0, pid 4711"
  kj::String what;      // "rule \"x\" was added"
  uint32_t undoes = 0;  // the number of another change; 0: none
  kj::Vector<ChangedFile> files;
  kj::String previous;  // hash of the change before; empty for the first
  kj::String hash;
};

class ChangeLog {
public:
  static constexpr kj::StringPtr FILE_NAME = "changes.toml"_kj;

  ChangeLog(kj::StringPtr folder, DiskSync& disk);
  // Before the sandbox (the hash's library reads what it needs).
  KJ_DISALLOW_COPY(ChangeLog);

  void read();
  // What there is. An entry that was cut off by a power cut is taken off; a chain that is broken is
  // logged and goes on.

  kj::Promise<void> append(Change change, uint64_t nowWallNs);
  // Numbered, chained, on the disk when it resolves. Rejects with FAILED and the reason.

  kj::ArrayPtr<const Change> all() const { return changes; }
  uint32_t brokenAt() const {
    return broken;
  }  // the first change that is not as it was written; 0: none
  kj::Maybe<const Change&> find(uint32_t number) const;
  kj::Maybe<const Change&> newestToUndo() const;
  // The newest that was not undone, undoes nothing itself, and is about the suite's own files, not
  // about what a user has done for himself.
  bool undone(uint32_t number) const;

  void fill(capnp::List<proto::view::ChangeView>::Builder views, size_t first) const;
  // `views.size()` of them from the `first`.

private:
  kj::String path;
  DiskSync& disk;
  kj::Vector<Change> changes;
  uint32_t broken = 0;

  void takeOff(size_t length);
};

kj::String diffOf(const ChangedFile& file);
// Lines that went with "-" before them, lines that came with "+", under a heading.

}  // namespace portreeve::policy
