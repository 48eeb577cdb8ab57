// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/examiner/examiner.h"

#include "attributor/examiner/digest.h"
#include "attributor/examiner/packages.h"
#include "common/helper-process.h"
#include "common/landlock.h"
#include "common/log.h"
#include "common/sandbox-proof.h"
#include "common/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/exception.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <latch>
#include <thread>

namespace portreeve::examiner {
namespace {

constexpr unsigned THREADS = 8;
constexpr int NICE = 10;

int64_t nanoseconds(const timespec& time) {
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

kj::Maybe<kj::AutoCloseFd> descriptorOf(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int fd;
    memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return kj::AutoCloseFd(fd);
  }
  return nullptr;
}

kj::String enterFolders() {
  LandlockRules rules;
  rules.read.add(kj::str(DPKG_LISTS));
  return enterLandlock(rules);
}

void enterFilter() {
  SyscallFilter filter;
  filter.allowReadingFiles();
  filter.allow(SYS_pause);
  filter.enter();
}

void work(int socket) {
  // The kernel gives each datagram to one of those who wait for one.
  auto job = kj::heap<Job>();
  for (;;) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec part{job.get(), sizeof(Job)};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof(Job)) _exit(got == 0 ? 0 : 1);  // the attributor has gone
    auto file = descriptorOf(header);
    Result result;
    result.id = job->id;
    result.failure = Failure::UNREADABLE;
    KJ_IF_MAYBE (open, file) result = examine(*job, *open, DPKG_LISTS);
    ssize_t sent;
    do sent = send(socket, &result, sizeof result, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
  }
}

bool isAsOpened(const Job& job, int file) {
  struct stat now;
  return fstat(file, &now) == 0 && uint64_t(now.st_size) == job.size &&
         nanoseconds(now.st_mtim) == job.modified && nanoseconds(now.st_ctim) == job.changed;
}

[[noreturn]] void run(int socket) {
  auto problem = kj::runCatchingExceptions([&]() {
    prepareDigests();
    if (setpriority(PRIO_PROCESS, 0, NICE) < 0) KJ_FAIL_SYSCALL("setpriority", errno);
    enterFolders();  // inherited by threads
    // Threads before the filter, which has none of the calls that a thread begins with. All of them
    // have begun before it is there, and none works before.
    static std::latch begun(THREADS), filtered(1);
    for (unsigned i = 0; i < THREADS; i++)
      std::thread([socket]() {
        begun.count_down();
        filtered.wait();
        work(socket);
      }).detach();
    begun.wait();
    enterFilter();
    filtered.count_down();
  });
  KJ_IF_MAYBE (e, problem) {
    log::exception("the examiner", *e);
    _exit(1);
  }
  for (;;) pause();
}

}  // namespace

Result examine(const Job& job, int file, kj::StringPtr lists) {
  Result result;
  result.id = job.id;
  result.failure = digestOf(file, result.sha256);
  // Nothing was written to it while it was read; nor before, since it was opened.
  if (result.failure == Failure::NONE && !isAsOpened(job, file)) result.failure = Failure::CHANGED;
  if (result.failure != Failure::NONE) result.sha256[0] = 0;
  if (job.findPackage == 0 || memchr(job.path, 0, sizeof job.path) == nullptr) return result;
  auto package = packageOf(job.path, lists);
  if (package.size() < sizeof result.package)
    memcpy(result.package, package.cStr(), package.size() + 1);
  return result;
}

kj::AutoCloseFd start() {
  int ends[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  kj::AutoCloseFd ours(ends[0]), its(ends[1]);
  pid_t parent = getpid();
  pid_t pid;
  KJ_SYSCALL(pid = fork());
  if (pid == 0) run(becomeHelper(parent, its));
  int flags;
  KJ_SYSCALL(flags = fcntl(ours, F_GETFL));
  KJ_SYSCALL(fcntl(ours, F_SETFL, flags | O_NONBLOCK));
  return ours;
}

kj::String enterSandbox() {
  auto words = enterFolders();
  enterFilter();
  return words;
}

int proveSandbox() {
  kj::Vector<ForbiddenAct> acts;
  acts.add(openForReading("/proc/1/environ"));
  acts.add(openForReading("/etc/passwd"));
  acts.add(openForReading("/usr/bin/env"));
  acts.add(openForWriting("/tmp/portreeve-examiner-proof"));
  acts.add(openForWriting("/var/lib/dpkg/info/portreeve-examiner-proof"));
  acts.add(execute("/bin/true"));
  acts.add(makeInetSocket());
  acts.add(makeRawSocket());
  acts.add(makeNetlinkSocket());
  acts.add(ptraceParent());
  acts.add(killParent());
  acts.add(becomeRoot());
  acts.add(mountSomething());
  return portreeve::proveSandbox(kj::mv(acts));
}

}  // namespace portreeve::examiner
