// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/sandbox.h"

#include "common/landlock.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"
#include "interceptor/keeper/iptables.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve::keeper {
namespace {

constexpr const char* LEGACY_LOCK = "/run/xtables.lock";
constexpr uint64_t EXACTLY = ~0ull;
constexpr uint64_t SOCKET_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr uint64_t NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

int noteLoader(dl_phdr_info* object, size_t, void* path) {
  if (object->dlpi_addr == getauxval(AT_BASE))
    *static_cast<kj::String*>(path) = kj::str(object->dlpi_name);
  return 0;
}

kj::String dynamicLoader() {
  // The kernel runs it with each program, so it has to be allowed as well. Ours is theirs.
  kj::String path;
  dl_iterate_phdr(noteLoader, &path);
  return path;
}

LandlockRules allowedFiles(bool legacy) {
  LandlockRules rules;
  for (auto& program : programs(legacy)) rules.execute.add(kj::str(program));
  rules.execute.add(dynamicLoader());
  for (auto path : {"/usr/lib", "/lib", "/lib64",            // libraries, iptables' extensions
                    "/etc/ld.so.cache",                      //
                    "/etc/xtables", "/etc/protocols",        // names in rules
                    "/etc/nsswitch.conf", "/etc/localtime",  // the date that iptables-save prints
                    "/proc"})                                // which legacy tables there are
    rules.read.add(kj::str(path));
  if (legacy) rules.read.add(kj::str(LEGACY_LOCK));  // held with flock(2), nothing stands in it
  return rules;
}

void allowRunningPrograms(SyscallFilter& filter) {
  filter.allow(SYS_clone, {{0, NAMESPACES, 0}});
  filter.allow(SYS_execve);
  filter.allow(SYS_wait4);
  filter.allow(SYS_pidfd_open);
  filter.allow(SYS_pidfd_send_signal);  // one that takes too long; Landlock: no stranger
  filter.allow(SYS_memfd_create);       // their input and output
  filter.allow(SCMP_SYS(dup2));
  filter.allow(SCMP_SYS(dup3));
}

void allowWhatProgramsNeed(SyscallFilter& filter) {
  filter.allow(SYS_mmap);  // the dynamic loader maps code
  filter.allow(SYS_set_tid_address);
  filter.allow(SYS_set_robust_list);
  filter.allow(SYS_rseq);
  filter.allow(SCMP_SYS(arch_prctl));
  filter.allow(SYS_prlimit64, {{2, EXACTLY, 0}});  // the loader asks for the stack's limit
  filter.allow(SCMP_SYS(select));                  // libmnl, for the kernel's answers
  filter.allow(SYS_pselect6);
  filter.allow(
      SYS_socket,
      {{0, EXACTLY, AF_NETLINK}, {1, ~SOCKET_FLAGS, SOCK_RAW}, {2, EXACTLY, NETLINK_NETFILTER}});
  filter.allow(SYS_bind);
}

void allowLegacyTables(SyscallFilter& filter) {
  for (uint64_t family : {AF_INET, AF_INET6})
    filter.allow(SYS_socket, {{0, EXACTLY, family}, {1, ~SOCKET_FLAGS, SOCK_RAW}});
  filter.allow(SYS_flock);
  // With O_CREAT, which the file does not need any more.
  filter.allow(SYS_openat, {{2, O_WRONLY | O_RDWR | O_TRUNC | O_APPEND, 0}});
}

int outcome(long result) {
  return result < 0 ? errno : 0;
}

int outcomeOfOpening(int fd) {
  int result = outcome(fd);
  if (fd >= 0) close(fd);
  return result;
}

ForbiddenAct makeDatagramSocket() {
  return {"make a UDP socket",
          []() { return outcomeOfOpening(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }};
}

ForbiddenAct makePacketSocket() {
  return {"make a packet socket",
          []() { return outcomeOfOpening(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }};
}

ForbiddenAct changeRoutes() {
  // CAP_NET_ADMIN would reach links, routes and XFRM.
  return {"make a route netlink socket", []() {
            return outcomeOfOpening(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
          }};
}

ForbiddenAct becomeNobody() {
  return {"become another uid", []() { return outcome(setresuid(65534, 65534, 65534)); }};
}

ForbiddenAct loadModule() {
  return {"load a kernel module",
          []() { return outcome(syscall(SYS_init_module, nullptr, 0, "")); }};
}

ForbiddenAct leaveNamespace() {
  return {"make a network namespace", []() { return outcome(unshare(CLONE_NEWNET)); }};
}

}  // namespace

void makeLegacyLockFile() {
  int fd = open(LEGACY_LOCK, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

kj::String enterSandbox(bool legacy) {
  auto words = enterLandlock(allowedFiles(legacy));
  SyscallFilter filter;
  filter.allowReadingFiles();
  allowRunningPrograms(filter);
  allowWhatProgramsNeed(filter);
  if (legacy) allowLegacyTables(filter);
  filter.enter();
  return words;
}

int proveSandbox(bool legacy) {
  kj::Vector<ForbiddenAct> acts;
  acts.add(execute("/bin/true"));
  acts.add(openForReading("/etc/shadow"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForWriting("/etc/portreeve-keeper-proof"));
  acts.add(openForWriting("/tmp/portreeve-keeper-proof"));
  acts.add(openForWriting("/proc/sys/net/ipv4/ip_forward"));
  acts.add(makeInetSocket());
  acts.add(makeDatagramSocket());
  acts.add(makePacketSocket());
  if (!legacy) acts.add(makeRawSocket());
  acts.add(changeRoutes());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeNobody());
  acts.add(loadModule());
  acts.add(leaveNamespace());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::keeper
