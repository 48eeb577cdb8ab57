// SPDX-License-Identifier: GPL-3.0-or-later
// Tells when a rule file may have changed (inotify(7)). A folder may be missing, be made, replaced
// or renamed at any time: its parent is watched as well. What inotify cannot see (the parent
// missing, a file behind a symbolic link) is found by comparing fingerprints now and then.
#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

struct inotify_event;

namespace portreeve::policy {

class RuleWatch {
public:
  RuleWatch(kj::UnixEventPort& port, kj::ArrayPtr<const kj::StringPtr> folders);
  // One of them may be a single file.
  // Opens the descriptor (before the sandbox) and adds the watches; later ones are added within it.
  KJ_DISALLOW_COPY(RuleWatch);

  kj::Promise<void> changed();
  // Resolves when something has happened since the last time, or does. One at a time.

  void arm();
  // Adds watches that are missing (a folder whose parent was missing, too).

private:
  struct Folder {
    kj::String path;
    kj::String parent;
    kj::String name;  // within the parent
    int watch = -1;
    int parentWatch = -1;
  };
  kj::AutoCloseFd fd;
  kj::UnixEventPort::FdObserver observer;
  kj::Vector<Folder> folders;
  bool saidFull = false;

  int watch(kj::StringPtr path, int previous);
  bool drain();  // something of what was read matters
  bool matters(const inotify_event& event) const;
};

}  // namespace portreeve::policy
