// SPDX-License-Identifier: GPL-3.0-or-later
// Is what a process runs the host's file of the path that it shows? Any user can put any file at
// any path of a mount namespace of his own (mount --bind ./evil /usr/bin/curl), so a path is
// believed only where the kernel's numbers for the running file agree with the host's.
#pragma once

#include "proto/flow.capnp.h"

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>
#include <string>
#include <unordered_set>

namespace portreeve::attributor {

inline bool isHosts(proto::ProcessKind kind) {
  // It runs what is, or was when it began, the host's file of its path.
  return kind == proto::ProcessKind::PROGRAM || kind == proto::ProcessKind::REPLACED;
}

struct FileNumbers {
  // One file for as long as it exists. Inode numbers are used again, so over time only together
  // with `birth` (statx(2), ns since the Unix epoch; 0 where the file system does not know it).
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t birth = 0;

  bool sameNow(const FileNumbers& other) const {
    return device == other.device && inode == other.inode && inode != 0;
  }
};

struct RunningFile {
  kj::StringPtr link;       // /proc/PID/exe, " (deleted)" included
  FileNumbers file;         // what the link leads to
  uint32_t links = 0;       // its st_nlink
  FileNumbers host;         // the host's file at that path, without birth; inode 0: there is none
  bool hostMounts = false;  // the process sees the host's own mounts
  uint64_t mount = 0;  // id of the mount by which the file was opened; 0: the kernel does not say
  uint64_t hostMount = 0;  // of the nearest folder of that path that the host has; 0: not known
  kj::Maybe<kj::StringPtr> believed;
  // The path for which this very process, running this very file, was program or replaced before.
};

struct Identity {
  proto::ProcessKind kind;  // program, replaced, foreignRoot or unknown
  kj::String path;          // printable, without " (deleted)"
  kj::StringPtr reason;     // why not program or replaced
};

class FileHistory {
  // Which files have been the host's file of a path, as far as was seen. Bounded; what is forgotten
  // is taken for a stranger.
public:
  Identity identify(const RunningFile& running);
  // Also remembers the file where it is the host's now.

private:
  static constexpr size_t GENERATION = 8192;
  std::unordered_set<std::string> young, old;

  void remember(kj::StringPtr path, const FileNumbers& file);
  bool knew(kj::StringPtr path, const FileNumbers& file);
};

}  // namespace portreeve::attributor
