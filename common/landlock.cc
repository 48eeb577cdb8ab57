// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portreeve {
namespace {

// Debian 12's linux/landlock.h knows ABI 2; what came later stands here, as in the kernel's
// include/uapi/linux/landlock.h.
constexpr uint64_t TRUNCATE = 1ull << 14;     // ABI 3
constexpr uint64_t IOCTL_DEV = 1ull << 15;    // ABI 5
constexpr uint64_t NET_BIND_TCP = 1ull << 0;  // ABI 4
constexpr uint64_t NET_CONNECT_TCP = 1ull << 1;
constexpr uint64_t SCOPE_ABSTRACT_UNIX = 1ull << 0;  // ABI 6
constexpr uint64_t SCOPE_SIGNAL = 1ull << 1;

struct RulesetAttributes {
  uint64_t handledFiles;
  uint64_t handledNetwork;
  uint64_t scoped;
};

constexpr uint64_t READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t WRITE = READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                           LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | TRUNCATE;
constexpr uint64_t FILE_ONLY = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                               LANDLOCK_ACCESS_FS_EXECUTE | TRUNCATE;

uint64_t handledFiles(int abi) {
  uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // everything of ABI 1
  if (abi >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) all |= TRUNCATE;
  if (abi >= 5) all |= IOCTL_DEV;
  return all;
}

kj::AutoCloseFd createRuleset(int abi, bool tcp) {
  RulesetAttributes attributes{handledFiles(abi), 0, 0};
  size_t size = sizeof attributes.handledFiles;
  if (abi >= 4) {
    attributes.handledNetwork = tcp ? 0 : NET_BIND_TCP | NET_CONNECT_TCP;
    size = 2 * sizeof(uint64_t);
  }
  if (abi >= 6) {
    attributes.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    size = sizeof attributes;
  }
  int fd;
  KJ_SYSCALL(fd = int(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  return kj::AutoCloseFd(fd);
}

void allow(int ruleset, kj::StringPtr path, uint64_t access, int abi) {
  int opened = open(path.cStr(), O_PATH | O_CLOEXEC);
  if (opened < 0 && errno == ENOENT) return;
  if (opened < 0) KJ_FAIL_SYSCALL("open for Landlock", errno, path);
  kj::AutoCloseFd fd(opened);
  struct stat about;
  KJ_SYSCALL(fstat(fd, &about));
  if (!S_ISDIR(about.st_mode)) access &= FILE_ONLY;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access & handledFiles(abi);
  rule.parent_fd = fd;
  KJ_SYSCALL(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0), path);
}

}  // namespace

kj::String enterLandlock(const LandlockRules& rules) {
  int abi = int(syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return kj::str("missing in this kernel");
  if (abi < 0) KJ_FAIL_SYSCALL("landlock_create_ruleset", errno);
  kj::AutoCloseFd ruleset = createRuleset(abi, rules.tcp);
  for (auto& path : rules.read) allow(ruleset, path, READ, abi);
  for (auto& path : rules.write) allow(ruleset, path, WRITE, abi);
  for (auto& path : rules.execute) allow(ruleset, path, READ | LANDLOCK_ACCESS_FS_EXECUTE, abi);
  KJ_SYSCALL(syscall(SYS_landlock_restrict_self, ruleset.get(), 0));
  return kj::str("enforced (ABI ", abi, ")");
}

}  // namespace portreeve
