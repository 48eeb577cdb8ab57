// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/confirmation.h"

#include "policy/confirmation-file.h"

namespace portreeve::policy {
namespace {

FileChange copyOf(const FileChange& change) {
  FileChange copied{kj::str(change.name), nullptr};
  KJ_IF_MAYBE (content, change.content)
    copied.content = FileContent{kj::str(content->text), content->writtenNs};
  return copied;
}

uint64_t nanoseconds(kj::Duration duration) {
  return uint64_t(duration / kj::NANOSECONDS);
}

}  // namespace

kj::Promise<void> Confirmation::begin(kj::Vector<FileChange> back, kj::Duration within,
                                      uint64_t nowWallNs) {
  PendingChange change{nowWallNs + nanoseconds(within), nanoseconds(within), this->back()};
  auto dueNow = timer.now() + within;
  if (waiting && due > dueNow) {
    dueNow = due;
    change.dueWallNs = dueWallNs;
    change.withinNs = nanoseconds(due - timer.now());
  }
  for (auto& one : back) addFormer(change.back, kj::mv(one));
  auto text = toToml(change);
  return folder.replace(FILE_NAME, FileContent{kj::mv(text)})
      .then([this, dueNow, change = kj::mv(change)]() mutable {
        waiting = true;
        due = dueNow;
        dueWallNs = change.dueWallNs;
        former = kj::mv(change.back);
      });
}

kj::Promise<void> Confirmation::end() {
  forget();
  return folder.remove(FILE_NAME);
}

void Confirmation::forget() {
  waiting = false;
  former.clear();
}

void Confirmation::restore(uint64_t nowWallNs) {
  KJ_IF_MAYBE (content, folder.read(FILE_NAME)) {
    auto change = parsePendingChange(folder.fullPath(FILE_NAME), content->text);
    uint64_t left = change.dueWallNs > nowWallNs ? change.dueWallNs - nowWallNs : 0;
    left = kj::min(left, change.withinNs);
    waiting = true;
    due = timer.now() + int64_t(left) * kj::NANOSECONDS;
    dueWallNs = nowWallNs + left;
    former = kj::mv(change.back);
  }
}

kj::Vector<FileChange> Confirmation::back() const {
  kj::Vector<FileChange> copied;
  for (auto& change : former) copied.add(copyOf(change));
  return copied;
}

void Confirmation::addFormer(kj::Vector<FileChange>& all, FileChange change) {
  // What a file was before the first of several changes is what it goes back to.
  for (auto& one : all)
    if (one.name == change.name) return;
  all.add(kj::mv(change));
}

}  // namespace portreeve::policy
