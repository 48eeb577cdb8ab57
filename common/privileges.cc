// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/privileges.h"

#include <errno.h>
#include <grp.h>
#include <kj/debug.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve {
namespace {

constexpr kj::StringPtr CAPABILITY_NAMES[] = {"cap_chown"_kj,
                                              "cap_dac_override"_kj,
                                              "cap_dac_read_search"_kj,
                                              "cap_fowner"_kj,
                                              "cap_fsetid"_kj,
                                              "cap_kill"_kj,
                                              "cap_setgid"_kj,
                                              "cap_setuid"_kj,
                                              "cap_setpcap"_kj,
                                              "cap_linux_immutable"_kj,
                                              "cap_net_bind_service"_kj,
                                              "cap_net_broadcast"_kj,
                                              "cap_net_admin"_kj,
                                              "cap_net_raw"_kj,
                                              "cap_ipc_lock"_kj,
                                              "cap_ipc_owner"_kj,
                                              "cap_sys_module"_kj,
                                              "cap_sys_rawio"_kj,
                                              "cap_sys_chroot"_kj,
                                              "cap_sys_ptrace"_kj,
                                              "cap_sys_pacct"_kj,
                                              "cap_sys_admin"_kj,
                                              "cap_sys_boot"_kj,
                                              "cap_sys_nice"_kj,
                                              "cap_sys_resource"_kj,
                                              "cap_sys_time"_kj,
                                              "cap_sys_tty_config"_kj,
                                              "cap_mknod"_kj,
                                              "cap_lease"_kj,
                                              "cap_audit_write"_kj,
                                              "cap_audit_control"_kj,
                                              "cap_setfcap"_kj,
                                              "cap_mac_override"_kj,
                                              "cap_mac_admin"_kj,
                                              "cap_syslog"_kj,
                                              "cap_wake_alarm"_kj,
                                              "cap_block_suspend"_kj,
                                              "cap_audit_read"_kj,
                                              "cap_perfmon"_kj,
                                              "cap_bpf"_kj,
                                              "cap_checkpoint_restore"_kj};

uint64_t setOf(kj::ArrayPtr<const int> capabilities) {
  uint64_t bits = 0;
  for (int capability : capabilities) bits |= 1ull << capability;
  return bits;
}

void setCapabilities(uint64_t permitted, uint64_t inheritable) {
  // The raw call of capabilities(7): two 32-bit halves.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2], held[2];
  for (int i = 0; i < 2; i++) {
    data[i].permitted = data[i].effective = uint32_t(permitted >> 32 * i);
    data[i].inheritable = uint32_t(inheritable >> 32 * i);
  }
  // A unit that starts with none at all may be without this call, too.
  KJ_SYSCALL(syscall(SYS_capget, &header, held));
  if (memcmp(data, held, sizeof data) == 0) return;
  KJ_SYSCALL(syscall(SYS_capset, &header, data));
}

void reduceBoundingSet(uint64_t keep) {
  // Needs CAP_SETPCAP; a daemon that a service manager started without it has a reduced set
  // already.
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (!(keep >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 &&
        errno != EPERM)
      KJ_FAIL_SYSCALL("prctl(PR_CAPBSET_DROP)", errno, capability);
}

void becomeAccount(Account account) {
  if (getuid() == account.uid && geteuid() == account.uid) return;
  KJ_SYSCALL(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
  KJ_SYSCALL(setgroups(0, nullptr), "giving up the supplementary groups");
  KJ_SYSCALL(setresgid(account.gid, account.gid, account.gid), account.gid);
  KJ_SYSCALL(setresuid(account.uid, account.uid, account.uid), account.uid);
  KJ_SYSCALL(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0));
}

void lockIn() {
  KJ_SYSCALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  KJ_SYSCALL(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  dieWithParent();  // a change of uid clears it: prctl(2)
}

uint64_t statusField(kj::StringPtr field, int base) {
  FILE* file = fopen("/proc/self/status", "re");
  if (file == nullptr) return 0;
  KJ_DEFER(fclose(file));
  char line[256];
  while (fgets(line, sizeof line, file) != nullptr)
    if (strncmp(line, field.cStr(), field.size()) == 0)
      return strtoull(line + field.size(), nullptr, base);
  return 0;
}

}  // namespace

void dropPrivileges(Account account, kj::ArrayPtr<const int> keep) {
  uint64_t kept = setOf(keep);
  reduceBoundingSet(kept);
  KJ_SYSCALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  becomeAccount(account);
  setCapabilities(kept, 0);
  lockIn();
}

void dropPrivilegesAsRoot(kj::ArrayPtr<const int> keep, bool inheritable) {
  uint64_t kept = setOf(keep);
  reduceBoundingSet(kept);
  KJ_SYSCALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  if (getgroups(0, nullptr) > 0) {
    KJ_SYSCALL(setgroups(0, nullptr), "giving up the supplementary groups");
  }
  setCapabilities(kept, inheritable ? kept : 0);
  lockIn();
}

kj::Vector<kj::String> heldCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  KJ_SYSCALL(syscall(SYS_capget, &header, data));
  uint64_t effective = uint64_t(data[1].effective) << 32 | data[0].effective;
  kj::Vector<kj::String> names;
  for (size_t i = 0; i < 64; i++) {
    if (!(effective >> i & 1)) continue;
    names.add(i < kj::size(CAPABILITY_NAMES) ? kj::str(CAPABILITY_NAMES[i]) : kj::str("cap_", i));
  }
  return names;
}

bool hasNoNewPrivileges() {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

bool hasSeccomp() {
  // prctl(PR_GET_SECCOMP) is not on every daemon's list: a filter that refuses it is an answer too.
  int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
  if (mode < 0 && errno == EPERM) return true;
  return mode > 0 || statusField("Seccomp:", 10) > 0;
}

void dieWithParent() {
  if (getenv("PORTREEVE_SUPERVISED") == nullptr) return;
  KJ_SYSCALL(prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0));
}

}  // namespace portreeve
