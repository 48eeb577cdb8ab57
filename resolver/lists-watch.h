// SPDX-License-Identifier: GPL-3.0-or-later
// Tells when a compiled list may have come, been replaced or gone (inotify(7)).
#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>
#include <kj/string.h>

namespace portreeve::resolver {

class ListsWatch {
public:
  ListsWatch(kj::UnixEventPort& port, kj::Timer& timer, kj::StringPtr folder);
  // Before the sandbox. The folder may be missing; it is looked for again every minute.
  KJ_DISALLOW_COPY(ListsWatch);

  kj::Promise<void> changed();
  // Resolves when something has happened in the folder, or a minute is over. One at a time.

private:
  kj::Timer& timer;
  kj::String folder;
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;

  void watch();
  bool drain();
  kj::Promise<void> event();
};

}  // namespace portreeve::resolver
