// SPDX-License-Identifier: GPL-3.0-or-later
// A folder whose files are each there whole or not at all, also after a power cut: written beside,
// synced, renamed, the folder synced. Temporary names begin with a dot.
#pragma once

#include "policy/disk-sync.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::policy {

struct FileContent {
  kj::String text;
  uint64_t writtenNs = 0;  // wall clock, the file's time of last change; 0: now
};

class DurableFolder {
public:
  DurableFolder(kj::StringPtr path, DiskSync& disk) : path(kj::str(path)), disk(disk) {}

  kj::Promise<void> replace(kj::StringPtr name, FileContent content);
  // On the disk when it resolves. Rejects with FAILED "writing <path>: <reason>" (disk full, …);
  // the file is as it was then.
  kj::Promise<void> remove(kj::StringPtr name);
  // One that is missing is removed already.

  void replaceNow(kj::StringPtr name, FileContent content);
  void removeNow(kj::StringPtr name);
  // The same, waiting for the disk: before anything is served.

  kj::Maybe<FileContent> read(kj::StringPtr name) const;
  // nullptr where it is missing. Throws FAILED when it cannot be read.

  using Take = kj::Function<void(kj::StringPtr text)>;
  bool readOrSetAside(kj::StringPtr name, kj::StringPtr then, Take take);
  // Gives `take` the text of a file that policy itself has written. Where `take` throws, that is
  // not what was written: the file is kept as `name`.damaged, this is said with what happens
  // `then`, and false comes back; likewise where it cannot be read at all. A missing file is taken
  // for nothing.
  void removeTemporary();
  // What a process that was killed while writing has left behind.

  kj::String fullPath(kj::StringPtr name) const { return kj::str(path, '/', name); }

private:
  kj::String path;
  DiskSync& disk;

  kj::AutoCloseFd writeTemporary(kj::StringPtr name, const FileContent& content);
  void putInPlace(kj::StringPtr name);
  bool unlinked(kj::StringPtr name);
  kj::AutoCloseFd openFolder() const;
};

}  // namespace portreeve::policy
