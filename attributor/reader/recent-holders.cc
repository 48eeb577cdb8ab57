// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/recent-holders.h"

#include "attributor/reader/numbered-entries.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace portreeve::reader {

uint64_t Holder::socketAt(int descriptor) const {
  return reader::socketAt(descriptors, NumberName(descriptor).cStr());
}

Holder* RecentHolders::find(pid_t pid) {
  for (Holder& holder : all())
    if (holder.pid == pid) return &holder;
  return nullptr;
}

Holder* RecentHolders::touch(Holder* known, int descriptor, uint64_t inode) {
  known->lastDescriptor = descriptor;
  known->lastInode = inode;
  if (known != holders) std::rotate(holders, known, known + 1);
  return holders;
}

void RecentHolders::forget(Holder* known) {
  *known = Holder();
  std::rotate(known, known + 1, holders + count);
  count--;
}

Holder* RecentHolders::use(pid_t pid, int descriptors, int descriptor, uint64_t inode, uid_t uid) {
  Holder* known = find(pid);
  if (known != nullptr && known->socketAt(descriptor) != inode) {
    forget(known);  // another process had this number
    known = nullptr;
  }
  if (known == nullptr) {
    // By way of the folder that is open, not by number: it is the very process.
    ProcessEntry entry(descriptors, "..");
    if (!entry.opened()) return nullptr;
    int copy = fcntl(descriptors, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return nullptr;
    if (count < MOST) count++;
    known = &holders[count - 1];  // free, or the one not asked about for longest
    *known = Holder();
    known->pid = pid;
    known->entry = kj::mv(entry);
    known->descriptors = kj::AutoCloseFd(copy);
  }
  known->uid = uid;
  return touch(known, descriptor, inode);
}

}  // namespace portreeve::reader
