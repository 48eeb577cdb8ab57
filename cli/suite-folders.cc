// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/suite-folders.h"

#include "cli/failure.h"
#include "common/lists-account.h"

#include <errno.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr Account ROOT{0, 0};

void makeWithParents(kj::StringPtr path) {
  for (size_t i = 1; i <= path.size(); i++) {
    if (i < path.size() && path[i] != '/') continue;
    auto part = kj::str(path.slice(0, i));
    if (mkdir(part.cStr(), 0755) != 0 && errno != EEXIST)
      throw Failure(FAILED, "making the folder ", part, ": ", strerror(errno));
  }
}

void make(kj::StringPtr path, Account owner, mode_t mode) {
  makeWithParents(path);
  struct stat status {};
  KJ_SYSCALL(lstat(path.cStr(), &status), path);
  // Whoever owns it could have put something else there already.
  if (!S_ISDIR(status.st_mode) || (status.st_uid != 0 && status.st_uid != owner.uid))
    throw Failure(FAILED, path, " is not a folder of root's (it is of uid ", status.st_uid,
                  "): take it away, or choose another place");
  KJ_SYSCALL(chown(path.cStr(), owner.uid, owner.gid), path);
  KJ_SYSCALL(chmod(path.cStr(), mode), path);
}

}  // namespace

void makeRuntimeFolder(const Directories& directories) {
  make(directories.runtime, ROOT, 0755);
}

void makeStateFolders(const Directories& directories, const Accounts& accounts) {
  make(directories.state, ROOT, 0755);
  auto policy = kj::str(directories.state, "/policy");
  make(policy, accounts.of(Role::POLICY), 0700);
  make(kj::str(policy, "/rules.d"), accounts.of(Role::POLICY), 0700);
  make(kj::str(policy, "/users.d"), accounts.of(Role::POLICY), 0700);
  // There from the start: what a sandbox may read is settled then.
  make(kj::str(directories.state, "/lists"), listsAccount(), 0755);
  make(kj::str(directories.state, "/history"), accounts.of(Role::HISTORIAN), 0700);
}

}  // namespace portreeve::cli
