// SPDX-License-Identifier: GPL-3.0-or-later
// Acts that somebody else's file system may answer late or never (FUSE, NFS, an automounter): each
// is done by a thread of a few, and waited for as long as the caller wants. A user whose file
// system hangs can take threads away from such acts, but not the time of the questions that need
// none.
#pragma once

#include "attributor/reader/process-entry.h"

#include <kj/common.h>
#include <kj/io.h>
#include <kj/memory.h>

#include <cstdint>

namespace portreeve::reader {

class SlowLane {
public:
  explicit SlowLane(unsigned threads);
  // Starts them and returns when they run: they need calls that no sandbox allows. They end with
  // the process.
  KJ_DISALLOW_COPY(SlowLane);

  struct Result {
    int error = 0;  // EBUSY: all threads hang; ETIME; else of the act
    FileNumbers file;
    uint64_t folderMount =
        0;  // findFile, Folder::TOO: id of the mount of its nearest folder that exists
    kj::AutoCloseFd descriptor;
  };

  struct Slot;
  class Act {
    // One that is under way. Whoever lets go of it before it is done loses its result.
  public:
    Act() = default;
    explicit Act(Slot* slot) : slot(slot) {}
    Act(Act&& other) noexcept : slot(other.slot) { other.slot = nullptr; }
    Act& operator=(Act&& other) noexcept;
    ~Act() noexcept;

    Result wait(uint64_t ns);

  private:
    Slot* slot = nullptr;
  };

  enum class Folder : uint8_t { LEFT_OUT, TOO };
  Act findFile(int root, kj::ArrayPtr<const char> path, Folder folder = Folder::LEFT_OUT);
  // The numbers of the file at that path below the open folder `root`, which stays open for good;
  // the last component is not followed. `path` is copied; at most PATH_BYTES.
  static Result findFileNow(int root, const char* path, Folder folder);
  // The same by the caller's own thread.
  Act openProgram(const ProcessEntry& process);
  // A descriptor of the running file, for reading, and its numbers. EACCES where it is no regular
  // file.

  struct Shared;

private:
  Shared& shared;

  template <typename Prepare>
  Act begin(Prepare&& prepare);
};

}  // namespace portreeve::reader
