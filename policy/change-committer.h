// SPDX-License-Identifier: GPL-3.0-or-later
// Makes changes of the suite's own files: written (atomic, fsync), noted in the change log and put
// in force, as one. What is to be confirmed is taken back unless it is, and the way back is on the
// disk before the way there.
#pragma once

#include "policy/change-log.h"
#include "policy/confirmation.h"
#include "policy/own-files.h"
#include "policy/rule-activation.h"
#include "policy/rule-files.h"
#include "policy/rules-in-force.h"
#include "policy/settings-in-force.h"

#include <kj/array.h>
#include <kj/async.h>
#include <kj/string.h>
#include <kj/time.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

class ChangeCommitter {
public:
  struct Parts {
    // Outlive it.
    kj::StringPtr ownFolder;  // of the suite's own rule files
    DurableFolder& state;
    OwnFiles& files;
    Confirmation& confirmation;
    RulesInForce& inForce;
    SettingsInForce& settings;
    ChangeRecorder& recorder;
    RuleActivation& activation;
  };
  explicit ChangeCommitter(Parts parts) : parts(parts) {}
  KJ_DISALLOW_COPY(ChangeCommitter);

  // One at a time. Each resolves when the change is in force, to the number of open flows that got
  // another verdict, and rejects with FAILED in words. confirmWithin 0: there is nothing to
  // confirm. The files of `entry` are filled in here.

  kj::Promise<uint32_t> commit(kj::Vector<FileChange> changes, kj::Duration confirmWithin,
                               Change entry);
  // Rejects, nothing changed, where a file cannot be written.
  kj::Promise<uint32_t> commitIfGood(rules::FolderContent content, kj::Vector<FileChange> changes,
                                     kj::Duration confirmWithin, Change entry, KeptBy whose = {});
  // Tried first together with all others: where `content`, the files as they are now, or the
  // changes are bad, it rejects and nothing was changed. A user is told of his own files alone.
  kj::Promise<uint32_t> takeBack();
  // What was not confirmed in time: despite files that are bad just now.

  kj::Vector<FileChange> takeBackOverdueNow();
  // At the start, before anything is in force: what an earlier life has left and is overdue by now.
  // Returns what was made. Where its file cannot be read, that is logged.

private:
  Parts parts;

  uint64_t now() const { return parts.inForce.now(); }
  kj::Promise<void> write(kj::Vector<FileChange> changes);
  kj::Vector<FileChange> undoing(kj::ArrayPtr<const FileChange> changes) const;
  kj::Vector<ChangedFile> beforeAndAfter(kj::ArrayPtr<const FileChange> changes) const;
  kj::Promise<uint32_t> takeBackDespite(RuleSources asBefore, uint32_t affected);
};

}  // namespace portreeve::policy
