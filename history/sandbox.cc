// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"
#include "history/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::history {
namespace {

kj::String folder(const Directories& directories) {
  return kj::str(directories.state, "/history");
}

}  // namespace

void requireFolder(const Directories& directories) {
  auto path = folder(directories);
  if (access(path.cStr(), R_OK | W_OK | X_OK) == 0) return;
  int reason = errno;
  fail("keeping the database in ", path, ": ", strerror(reason), " for uid ", geteuid(),
       ": let this account have it, and pass through the folders above");
}

kj::String lockFiles(const Directories& directories) {
  LandlockRules files;
  files.write.add(folder(directories));
  files.read.add(kj::str(directories.state, "/lists"));  // those that replayed rules name
  files.read.add(kj::str(directories.configuration));    // and the databases
  return enterLandlock(files);
}

void lockCalls() {
  SyscallFilter filter;
  filter.allowUnixSockets();   // policy is dialled again when it comes back
  filter.allowWritingFiles();  // the database, its log
  // SQLite's locks (fcntl(2), record locks), so that a `sqlite3` of root's sees a whole file.
  for (uint64_t command : {F_GETLK, F_SETLK, F_SETLKW})
    filter.allow(SYS_fcntl, {{1, ~0ull, command}});
  filter.allow(SYS_fallocate);  // its shared memory grows without holes
  filter.enter();
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForWriting("/tmp/portreeve-historian-proof"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(execute("/bin/true"));
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::history
