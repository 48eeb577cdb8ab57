// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include "policy/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

kj::String stateFolder(const Directories& directories) {
  return kj::str(directories.state, "/policy");
}

void require(kj::StringPtr folder, int mode, kj::StringPtr what) {
  if (access(folder.cStr(), mode) == 0) return;
  int reason = errno;
  // A folder that is missing is no rules; it may be made later.
  if (reason == ENOENT && mode == (R_OK | X_OK)) return;
  fail(what, ' ', folder, ": ", strerror(reason), " for uid ", geteuid(),
       ": let this account have it, and pass through the folders above");
}

}  // namespace

void requireFolders(const Directories& directories) {
  require(directories.configuration, R_OK | X_OK, "reading rules from");
  require(stateFolder(directories), R_OK | W_OK | X_OK, "keeping rules in");
}

kj::String lockFiles(const Directories& directories) {
  LandlockRules files;
  // The folders above rules.d: it may be made, or replaced as a whole, later.
  files.read.add(kj::str(directories.configuration));
  files.read.add(kj::str(directories.state, "/lists"));  // those that rules name
  files.write.add(stateFolder(directories));
  return enterLandlock(files);
}

void lockCalls() {
  SyscallFilter filter;
  filter.allowUnixSockets();    // interceptor and attributor are dialled again; the attributor's
                                // arrow is made
  filter.allowWritingFiles();   // rules are read again, and the suite's own written
  filter.allow(SYS_utimensat);  // a file keeps its time, from which a rule's `for` counts
  filter.allow(SYS_inotify_add_watch);  // a folder that comes later
  filter.allow(SYS_inotify_rm_watch);
  filter.allow(SYS_timerfd_settime);  // to be told when the wall clock is set
  filter.allow(SYS_truncate);         // an entry of the change log that a power cut has left half
  filter.allow(SYS_io_submit);        // fsync without waiting for it
  filter.allow(SYS_io_getevents);
  filter.allow(SYS_fcntl, {{1, ~0ull, F_GET_SEALS}});  // of the table that the resolver hands over
  filter.enter();
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForWriting("/tmp/portreeve-policy-proof"));
  acts.add(execute("/bin/true"));
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::policy
