// SPDX-License-Identifier: GPL-3.0-or-later
#include "notify/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <kj/debug.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace portreeve::notify {

void enterSandbox() {
  KJ_SYSCALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  KJ_SYSCALL(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  enterLandlock(LandlockRules());
  SyscallFilter filter;
  filter.allowUnixSockets();  // policy is dialled again
  // sd-bus waits for the answer to a call.
#ifdef SYS_poll  // not on arm64
  filter.allow(SYS_poll);
#endif
  filter.allow(SYS_ppoll);
  filter.allow(SYS_fcntl);
  filter.allow(SYS_gettid);
  filter.allow(SYS_getpid);
  filter.enter();
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForWriting("/tmp/portreeve-notify-proof"));
  acts.add(execute("/bin/true"));
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::notify
