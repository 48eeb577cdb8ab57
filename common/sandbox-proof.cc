// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/sandbox-proof.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace portreeve {
namespace {

int outcome(int result) {
  return result < 0 ? errno : 0;
}

int openAndClose(kj::StringPtr path, int flags) {
  int fd = open(path.cStr(), flags | O_CLOEXEC | O_NONBLOCK, 0600);
  int result = outcome(fd);
  if (fd >= 0) close(fd);
  return result;
}

int socketAndClose(int family, int type, int protocol) {
  int fd = socket(family, type | SOCK_CLOEXEC, protocol);
  int result = outcome(fd);
  if (fd >= 0) close(fd);
  return result;
}

}  // namespace

ForbiddenAct openForReading(kj::StringPtr path) {
  return {path, [path]() { return openAndClose(path, O_RDONLY); }};
}

ForbiddenAct openForWriting(kj::StringPtr path) {
  return {path, [path]() { return openAndClose(path, O_WRONLY | O_CREAT); }};
}

ForbiddenAct makeInetSocket() {
  return {"make an inet socket", []() { return socketAndClose(AF_INET, SOCK_STREAM, 0); }};
}

ForbiddenAct makeRawSocket() {
  return {"make a raw socket", []() { return socketAndClose(AF_INET, SOCK_RAW, IPPROTO_ICMP); }};
}

ForbiddenAct makeNetlinkSocket() {
  // What CAP_NET_ADMIN would reach by one: links, routes, nftables, XFRM.
  return {"make a netlink socket", []() {
            int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
            if (fd < 0) return errno;
            close(fd);
            return 0;
          }};
}

ForbiddenAct execute(kj::StringPtr program) {
  return {"execve", [program]() {
            // Only returns when it was refused; succeeding replaces this process and its exit 0
            // without the other lines shows it.
            char* const arguments[] = {const_cast<char*>(program.cStr()), nullptr};
            char* const environment[] = {nullptr};
            return outcome(execve(program.cStr(), arguments, environment));
          }};
}

ForbiddenAct ptraceParent() {
  return {"ptrace another process", []() {
            long result = ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr);
            if (result < 0) return errno;
            ptrace(PTRACE_DETACH, getppid(), nullptr, nullptr);
            return 0;
          }};
}

ForbiddenAct becomeRoot() {
  return {"become root", []() { return outcome(setresuid(0, 0, 0)); }};
}

ForbiddenAct killParent() {
  return {"signal another process", []() { return outcome(kill(getppid(), 0)); }};
}

ForbiddenAct mountSomething() {
  return {"mount a file system", []() {
            int result = outcome(mount("none", "/mnt", "tmpfs", 0, nullptr));
            if (result == 0) umount("/mnt");
            return result;
          }};
}

int proveSandbox(kj::Vector<ForbiddenAct> acts) {
  int code = 0;
  for (auto& act : acts) {
    int reason = act.attempt();
    if (reason == 0) code = 1;
    printf("%s  %s: %s\n", reason == 0 ? "POSSIBLE" : "refused ", act.name.cStr(),
           reason == 0 ? "it succeeded, the sandbox is not whole" : strerror(reason));
    fflush(stdout);
  }
  return code;
}

}  // namespace portreeve
