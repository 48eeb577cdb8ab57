// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/reader/sandbox.h"

#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace portreeve::reader {
namespace {

ForbiddenAct makeUnixSocket() {
  return {"make a unix socket", []() {
            int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (fd < 0) return errno;
            close(fd);
            return 0;
          }};
}

ForbiddenAct readMemory(pid_t other) {
  // What CAP_SYS_PTRACE would allow by calls of their own. A wrong address would be EFAULT.
  return {"read another process's memory", [other]() {
            char byte;
            iovec here{&byte, 1};
            iovec there{&byte, 1};
            if (process_vm_readv(other, &here, 1, &there, 1, 0) >= 0) return 0;
            return errno == EPERM ? EPERM : 0;
          }};
}

ForbiddenAct takeDescriptor(pid_t other) {
  return {"take another process's descriptor", [other]() {
            long process = syscall(SYS_pidfd_open, other, 0);
            return process < 0 ? errno : 0;
          }};
}

constexpr char NO_SUCH_FILE[] = "/nonexistent/portreeve-reader-proof";

ForbiddenAct refusedByFilter(kj::StringPtr name, int (*attempt)()) {
  // The file is not there: where the call itself were allowed, that would be its error.
  return {name, [attempt]() { return attempt() < 0 && errno == EPERM ? EPERM : 0; }};
}

void addChangesOfFiles(kj::Vector<ForbiddenAct>& acts) {
  acts.add(refusedByFilter("remove a file", []() { return unlink(NO_SUCH_FILE); }));
  acts.add(refusedByFilter("rename a file", []() { return rename(NO_SUCH_FILE, NO_SUCH_FILE); }));
  acts.add(refusedByFilter("make a folder", []() { return mkdir(NO_SUCH_FILE, 0700); }));
  acts.add(refusedByFilter("change a file's mode", []() { return chmod(NO_SUCH_FILE, 0700); }));
  acts.add(refusedByFilter("give a file away", []() { return chown(NO_SUCH_FILE, 0, 0); }));
  acts.add(refusedByFilter("make a link", []() { return symlink("/", NO_SUCH_FILE); }));
}

}  // namespace

kj::String enterSandbox() {
  SyscallFilter filter;
  filter.allowReadingFiles();   // /proc; openat is checked for reading alone
  filter.allow(SYS_setitimer);  // the watchdog over each question
  filter.enter();
  return kj::str("not used: it would forbid reading other processes' entries");
}

int proveSandbox(pid_t other) {
  auto memory = kj::str("/proc/", other, "/mem");
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForWriting("/tmp/portreeve-reader-proof"));
  acts.add(openForWriting(memory));
  acts.add(readMemory(other));
  acts.add(takeDescriptor(other));
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(execute("/bin/true"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(makeUnixSocket());
  acts.add(makeNetlinkSocket());
  acts.add(refusedByFilter("make a namespace", []() { return unshare(CLONE_NEWNS); }));
  addChangesOfFiles(acts);
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::reader
