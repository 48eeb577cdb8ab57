// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/change-committer.h"

#include "common/log.h"
#include "policy/failure.h"
#include "policy/rule-changes.h"

namespace portreeve::policy {
namespace {

void requireNone(kj::ArrayPtr<const rules::Problem> unread,
                 kj::ArrayPtr<const rules::Problem> problems) {
  kj::Vector<kj::String> all;
  for (auto& problem : unread) all.add(problem.toString());
  for (auto& problem : problems) all.add(problem.toString());
  if (!all.empty()) fail("nothing was changed, because of:\n", kj::strArray(all, "\n"));
}

void requireGoodForUser(kj::ArrayPtr<const FileChange> changes, bool othersAreBad,
                        kj::ArrayPtr<const rules::Problem> ofUsers) {
  // What is wrong with others' files is not his to see.
  if (othersAreBad) fail("nothing was changed: a file of the administrator's is not good just now");
  for (auto& problem : ofUsers)
    for (auto& change : changes)
      if (fileName(problem.file) == fileName(change.name))
        fail("nothing was changed, because of: ", problem.line, ':', problem.column, ": ",
             problem.reason);
}

}  // namespace

kj::Promise<uint32_t> ChangeCommitter::commit(kj::Vector<FileChange> changes,
                                              kj::Duration confirmWithin, Change entry) {
  entry.files = beforeAndAfter(changes);
  bool begins = confirmWithin > 0 * kj::SECONDS && !parts.confirmation.pending();
  // The way back is on the disk before the way there.
  auto prepared = confirmWithin > 0 * kj::SECONDS
                      ? parts.confirmation.begin(undoing(changes), confirmWithin, now())
                      : kj::Promise<void>(kj::READY_NOW);
  return prepared
      .then([this, changes = kj::mv(changes)]() mutable { return write(kj::mv(changes)); })
      .catch_([this, begins](kj::Exception&& e) -> kj::Promise<void> {
        if (!begins) return kj::mv(e);
        return parts.confirmation.end().then(
            [e = kj::mv(e)]() mutable -> kj::Promise<void> { return kj::mv(e); });
      })
      .then([this, entry = kj::mv(entry)]() mutable {
        parts.recorder.note(kj::mv(entry));
        return parts.activation.loadOwn();
      })
      .then([this](uint32_t affected) {
        if (parts.inForce.problems().size() > 0)
          fail("it is written, but not in force, because a file was changed meanwhile:\n",
               allLines(parts.inForce.problems()));
        return affected;
      });
}

kj::Promise<uint32_t> ChangeCommitter::commitIfGood(rules::FolderContent content,
                                                    kj::Vector<FileChange> changes,
                                                    kj::Duration confirmWithin, Change entry,
                                                    KeptBy whose) {
  // Together with all others, before anything is written. What is written then is what was tried,
  // its time included, so that it need not be compiled again.
  for (auto& change : changes)
    KJ_IF_MAYBE (file, change.content)
      if (file->writtenNs == 0) file->writtenNs = now();
  auto wanted = changed(content.sources, changes, parts.ownFolder, now());
  return parts.inForce.tryOut(kj::mv(wanted), parts.settings.after(changes))
      .then([this, unread = kj::mv(content.problems), changes = kj::mv(changes), confirmWithin,
             entry = kj::mv(entry), whose](RulesInForce::Trial trial) mutable {
        if (whose.user == nullptr)
          requireNone(unread, trial.problems);
        else
          requireGoodForUser(changes, unread.size() + trial.problems.size() > 0, trial.ofUsers);
        return commit(kj::mv(changes), confirmWithin, kj::mv(entry));
      });
}

kj::Promise<uint32_t> ChangeCommitter::takeBack() {
  auto back = parts.confirmation.back();
  auto asBefore = changed(parts.inForce.sources(), back, parts.ownFolder, now());
  Change entry;
  entry.who = kj::str("portreeve");
  entry.what = kj::str("what was not confirmed in time was taken back");
  entry.files = beforeAndAfter(back);
  return write(kj::mv(back))
      .then([this]() { return parts.confirmation.end(); })
      .then([this, asBefore = kj::mv(asBefore), entry = kj::mv(entry)]() mutable {
        log::warning("not confirmed in time: the rules are as they were before");
        parts.recorder.note(kj::mv(entry));
        return parts.activation.loadOwn().then(
            [this, asBefore = kj::mv(asBefore)](uint32_t affected) mutable {
              return takeBackDespite(kj::mv(asBefore), affected);
            });
      });
}

kj::Promise<uint32_t> ChangeCommitter::takeBackDespite(RuleSources asBefore, uint32_t affected) {
  if (parts.inForce.problems().size() == 0) return affected;
  // Somebody's file is bad just now: what was not confirmed must not stay for that.
  return parts.inForce.loadFrom(kj::mv(asBefore)).then([this, affected](bool good) {
    return good ? parts.activation.apply() : kj::Promise<uint32_t>(affected);
  });
}

kj::Vector<FileChange> ChangeCommitter::takeBackOverdueNow() {
  kj::Vector<FileChange> back;
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions([&]() { parts.confirmation.restore(now()); })) {
    log::exception("looking for rules that are to be confirmed", *problem);
    return back;
  }
  if (!parts.confirmation.overdue()) return back;
  back = parts.confirmation.back();
  for (auto& change : parts.confirmation.back()) parts.files.makeNow(kj::mv(change));
  parts.state.removeNow(Confirmation::FILE_NAME);
  parts.confirmation.forget();
  log::warning("rules that were not confirmed in time were taken back");
  return back;
}

kj::Promise<void> ChangeCommitter::write(kj::Vector<FileChange> changes) {
  kj::Promise<void> all = kj::READY_NOW;
  for (auto& change : changes)
    all = all.then(
        [this, change = kj::mv(change)]() mutable { return parts.files.make(kj::mv(change)); });
  return all;
}

kj::Vector<FileChange> ChangeCommitter::undoing(kj::ArrayPtr<const FileChange> changes) const {
  kj::Vector<FileChange> back;
  for (auto& change : changes)
    back.add(FileChange{kj::str(change.name), parts.files.read(change.name)});
  return back;
}

kj::Vector<ChangedFile> ChangeCommitter::beforeAndAfter(
    kj::ArrayPtr<const FileChange> changes) const {
  kj::Vector<ChangedFile> all;
  for (auto& change : changes) {
    ChangedFile file;
    file.file = kj::str(change.name);
    file.own = true;
    KJ_IF_MAYBE (content, parts.files.read(change.name)) {
      file.before = kj::str(content->text);
      file.beforeWrittenNs = content->writtenNs;
    }
    KJ_IF_MAYBE (content, change.content) file.after = kj::str(content->text);
    all.add(kj::mv(file));
  }
  return all;
}

}  // namespace portreeve::policy
