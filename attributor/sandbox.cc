// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::attributor {
namespace {

ForbiddenAct readProgramLink(kj::StringPtr link) {
  return {link, [link]() {
            char text[64];
            return readlink(link.cStr(), text, sizeof text) < 0 ? errno : 0;
          }};
}

ForbiddenAct askForSockets() {
  // Its own sock_diag socket was made before; another is not needed.
  return {"make a sock_diag socket", []() {
            int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
            if (fd < 0) return errno;
            close(fd);
            return 0;
          }};
}

ForbiddenAct makeUserNamespace() {
  return {"make a namespace", []() { return unshare(CLONE_NEWUSER) < 0 ? errno : 0; }};
}

ForbiddenAct takeDescriptor() {
  return {"take another process's descriptor", []() {
            long process = syscall(SYS_pidfd_open, getppid(), 0);
            return process < 0 ? errno : 0;
          }};
}

}  // namespace

kj::String enterSandbox() {
  auto words = enterLandlock(LandlockRules());
  SyscallFilter filter;
  filter
      .allowUnixSockets();  // reader and policy are dialled again; the interceptor's arrow is made
  filter.enter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/proc/1/exe"));
  acts.add(readProgramLink("/proc/1/exe"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForReading("/proc/1/fd/0"));
  acts.add(openForReading("/proc/net/tcp"));
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForWriting("/tmp/portreeve-attributor-proof"));
  acts.add(execute("/bin/true"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(makeNetlinkSocket());
  acts.add(askForSockets());
  acts.add(makeUserNamespace());
  acts.add(takeDescriptor());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::attributor
