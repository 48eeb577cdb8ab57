// SPDX-License-Identifier: GPL-3.0-or-later
// One `portreeve up` at a time for one runtime directory: a flock(2) on up.lock, with the holder's
// pid in it. The kernel gives it back when the holder dies, however it dies.
#pragma once

#include "common/directories.h"

#include <kj/io.h>
#include <kj/time.h>
#include <sys/types.h>

namespace portreeve::cli {

class Lock {
public:
  static kj::Maybe<Lock> tryTake(const Directories& directories);
  // nullptr where another holds it. Throws FAILED where the file cannot be made.

  static kj::Maybe<Lock> take(const Directories& directories, kj::Duration patience);
  // Tries again until then. Blocks.

  static kj::Maybe<pid_t> holder(const Directories& directories);
  // Who says in the file that he holds it, if he really has that file open; else nullptr.

private:
  explicit Lock(kj::AutoCloseFd fd) : fd(kj::mv(fd)) {}
  kj::AutoCloseFd fd;
};

}  // namespace portreeve::cli
