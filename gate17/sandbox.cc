// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace portreeve::gate17 {
namespace {

constexpr uint64_t ALL = ~0ull;
constexpr uint64_t TYPE_WITHOUT_FLAGS = 0xf;  // socket(2): SOCK_NONBLOCK and SOCK_CLOEXEC are above

void allowSockets(SyscallFilter& filter) {
  for (uint64_t family : {AF_INET, AF_INET6})
    for (uint64_t type : {SOCK_STREAM, SOCK_DGRAM})
      for (uint64_t protocol : {0, int(IPPROTO_TCP), int(IPPROTO_UDP)})
        filter.allow(SYS_socket,
                     {{0, ALL, family}, {1, TYPE_WITHOUT_FLAGS, type}, {2, ALL, protocol}});
  filter.allow(SYS_bind);  // to a port that the kernel chooses, for datagrams
}

}  // namespace

kj::String enterSandbox() {
  LandlockRules files;
  files.tcp = true;  // to the ways
  auto words = enterLandlock(files);
  SyscallFilter filter;
  filter.allowUnixSockets();  // policy and the interceptor are dialled again when they come back
  allowSockets(filter);
  filter.allow(SYS_splice);  // between the sockets of a stream that carries much
  filter.enter();
  return words;
}

kj::String enterNodeSandbox() {
  // Names are looked up by the machine's own means (getaddrinfo(3)), in threads.
  LandlockRules files;
  for (auto path : {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf",
                    "/etc/gai.conf", "/run/systemd/resolve", "/run/resolvconf"})
    files.read.add(kj::str(path));
  files.tcp = true;
  auto words = enterLandlock(files);
  SyscallFilter filter;
  filter.allowUnixSockets();
  allowSockets(filter);
  filter.allowReadingFiles();
  for (int call : {SYS_pipe2, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_sendmmsg, SYS_uname})
    filter.allow(call);
  filter.allow(SYS_ioctl, {{1, ALL, FIONREAD}});
  filter.allow(SYS_clone, {{0, CLONE_THREAD, CLONE_THREAD}});
  filter.allow(SYS_socket,
               {{0, ALL, AF_NETLINK}, {2, ALL, NETLINK_ROUTE}});  // which families are up
  filter.enter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForWriting("/tmp/portreeve-gate-proof"));
  acts.add(execute("/bin/true"));
  acts.add(makeRawSocket());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::gate17
