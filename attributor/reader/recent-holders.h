// SPDX-License-Identifier: GPL-3.0-or-later
// The processes that were last found to hold a socket, newest find first. Their folders and their
// `stat` stay open: the next question is about one of them more often than not, and reading through
// an open descriptor costs half and cannot meet another process of the same number.
#pragma once

#include "attributor/reader/process-entry.h"

#include <kj/common.h>
#include <kj/io.h>
#include <sys/types.h>

namespace portreeve::reader {

struct Holder {
  pid_t pid = 0;
  uid_t uid = 0;            // of the socket that was asked for
  int lastDescriptor = -1;  // where it was found
  uint64_t lastInode = 0;   // what was found there
  bool shared = false;      // the parent held it there, too
  ProcessEntry entry;
  kj::AutoCloseFd descriptors;  // its folder `fd`

  uint64_t socketAt(int descriptor) const;
};

class RecentHolders {
public:
  static constexpr size_t MOST = 32;

  RecentHolders() = default;
  KJ_DISALLOW_COPY(RecentHolders);

  Holder* find(pid_t pid);
  // nullptr when it is not known. It may be gone since, and another have its number. Pointers hold
  // until the next call.
  Holder* touch(Holder* known, int descriptor, uint64_t inode);
  // Moves it to the front: it holds what was asked for at `descriptor`, as was just read by it.
  Holder* use(pid_t pid, int descriptors, int descriptor, uint64_t inode, uid_t uid);
  // The same for a process that need not be known; `descriptors` is its open folder `fd`, in which
  // the socket was just read. nullptr when the process is gone.
  void forget(Holder* known);

  int lastDescriptor() const { return count == 0 ? -1 : holders[0].lastDescriptor; }
  kj::ArrayPtr<Holder> all() { return kj::arrayPtr(holders, count); }

private:
  Holder holders[MOST];
  size_t count = 0;
};

}  // namespace portreeve::reader
