// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <sys/syscall.h>

namespace portreeve::interceptor {
kj::String enterSandbox() {
  auto words = enterLandlock(LandlockRules());
  SyscallFilter filter;
  filter.allowUnixSockets();   // keeper and attributor are dialled again; policy's arrow is made
  filter.allow(SYS_recvmmsg);  // packets, a batch a call
  filter.allow(SYS_pread64);   // the kernel's queue counters, from the descriptor opened before
  filter.enter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(execute("/bin/true"));
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForWriting("/tmp/portreeve-interceptor-proof"));
  acts.add(openForWriting("/proc/sys/net/netfilter/nf_conntrack_acct"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(makeNetlinkSocket());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::interceptor
