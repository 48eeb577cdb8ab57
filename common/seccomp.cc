// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

namespace portreeve {
namespace {

constexpr int STEADY_STATE[] = {
    // data on descriptors that are open already
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(accept4),
    SCMP_SYS(close),
    SCMP_SYS(shutdown),
    SCMP_SYS(dup),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(fstat),
    // the event loop; KJ applies its signal set anew whenever it waits (signalfd4)
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(signalfd4),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    // memory
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    // time, chance, who am I, the end
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(capget),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(tgkill),
    SCMP_SYS(sched_yield),
};

#if defined(__SANITIZE_ADDRESS__)
// What the sanitizers' runtime asks for at reports and at exit; no part of a build that is shipped.
constexpr int SANITIZER[] = {SCMP_SYS(sigaltstack), SCMP_SYS(sched_getaffinity),
                             SCMP_SYS(readlink),    SCMP_SYS(prlimit64),
                             SCMP_SYS(getppid),     SCMP_SYS(set_robust_list)};
#endif

constexpr uint64_t ANY_WRITE = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

struct FilterRelease {
  scmp_filter_ctx context;
  ~FilterRelease() { seccomp_release(context); }
};

void check(int result, const char* what, int syscall) {
  // libseccomp answers with a negative errno.
  if (result < 0) KJ_FAIL_SYSCALL(what, -result, syscall);
}

}  // namespace

SyscallFilter::SyscallFilter() {
  for (int syscall : STEADY_STATE) allow(syscall);
  // New memory is never executable: what is mapped stays what it was.
  allow(SCMP_SYS(mmap), {{2, PROT_EXEC, 0}});
  allow(SCMP_SYS(mprotect), {{2, PROT_EXEC, 0}});
  allow(SCMP_SYS(prctl), {{0, ~0ull, PR_GET_NO_NEW_PRIVS}});  // `status` reads back what holds
  allow(SCMP_SYS(prctl), {{0, ~0ull, PR_GET_SECCOMP}});
  allow(SCMP_SYS(fcntl), {{1, ~0ull, F_GETFL}});
  allow(SCMP_SYS(fcntl), {{1, ~0ull, F_SETFL}});
  allow(SCMP_SYS(fcntl), {{1, ~0ull, F_GETFD}});
  allow(SCMP_SYS(fcntl), {{1, ~0ull, F_SETFD}});
  allow(SCMP_SYS(fcntl), {{1, ~0ull, F_DUPFD_CLOEXEC}});
  allow(SCMP_SYS(ioctl), {{1, ~0ull, 0x5421}});  // FIONBIO
  allow(SCMP_SYS(ioctl), {{1, ~0ull, 0x5451}});  // FIOCLEX
#if defined(__SANITIZE_ADDRESS__)
  for (int syscall : SANITIZER) allow(syscall);
#endif
}

SyscallFilter& SyscallFilter::allow(int syscall) {
  return allow(syscall, {});
}

SyscallFilter& SyscallFilter::allow(int syscall, std::initializer_list<SyscallArgument> all) {
  Rule rule{syscall, {}};
  for (auto& argument : all) rule.all.add(argument);
  rules.add(kj::mv(rule));
  return *this;
}

SyscallFilter& SyscallFilter::allowUnixSockets() {
  allow(SCMP_SYS(socket), {{0, ~0ull, AF_UNIX}});
  allow(SCMP_SYS(socketpair), {{0, ~0ull, AF_UNIX}});
  return allow(SCMP_SYS(connect));
}

SyscallFilter& SyscallFilter::allowReadingFiles() {
  allow(SCMP_SYS(openat), {{2, ANY_WRITE, 0}});
  allow(SCMP_SYS(open), {{1, ANY_WRITE, 0}});
  for (int syscall :
       {SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(stat), SCMP_SYS(lstat),
        SCMP_SYS(getdents64), SCMP_SYS(lseek), SCMP_SYS(pread64), SCMP_SYS(readlinkat),
        SCMP_SYS(readlink), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2)})
    allow(syscall);
  return *this;
}

SyscallFilter& SyscallFilter::allowWritingFiles() {
  allowReadingFiles();
  for (int syscall : {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(rename), SCMP_SYS(renameat),
                      SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fsync),
                      SCMP_SYS(fdatasync), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
                      SCMP_SYS(ftruncate), SCMP_SYS(pwrite64), SCMP_SYS(fchmod), SCMP_SYS(umask)})
    allow(syscall);
  return *this;
}

void SyscallFilter::enter() {
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  KJ_REQUIRE(context != nullptr, "seccomp_init failed");
  FilterRelease release{context};
  check(seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1), "seccomp TSYNC", 0);
  // A binary tree instead of a list: the hot calls cost the same wherever they stand.
  check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp OPTIMIZE", 0);
  // A call without conditions subsumes the same call with some; libseccomp wants only one kind.
  for (auto& rule : rules) {
    bool unconditional = rule.all.empty();
    if (!unconditional) {
      bool covered = false;
      for (auto& other : rules)
        covered = covered || (other.syscall == rule.syscall && other.all.empty());
      if (covered) continue;
    }
    kj::Vector<scmp_arg_cmp> comparisons;
    for (auto& argument : rule.all)
      comparisons.add(scmp_arg_cmp{argument.index, SCMP_CMP_MASKED_EQ, argument.mask,
                                   argument.value & argument.mask});
    int result = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, rule.syscall,
                                        uint(comparisons.size()), comparisons.begin());
    if (result == -EEXIST) continue;
    check(result, "seccomp_rule_add", rule.syscall);
  }
  check(seccomp_load(context), "seccomp_load", 0);
}

}  // namespace portreeve
