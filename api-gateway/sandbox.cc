// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

namespace portreeve::gateway {

kj::String enterSandbox() {
  auto words = enterLandlock(LandlockRules{});  // the page is compiled in, settings are sockets
  SyscallFilter filter;
  filter
      .allowUnixSockets();  // the suite's processes are dialled for status, policy when it is back
  filter.enter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForWriting("/tmp/portreeve-gateway-proof"));
  acts.add(execute("/bin/true"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::gateway
