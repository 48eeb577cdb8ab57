// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/suite-start.h"

#include "common/clock.h"

#include <fcntl.h>
#include <kj/exception.h>
#include <kj/io.h>
#include <kj/string.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

namespace portreeve::policy {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr unsigned START_TIME = 22;  // proc(5), /proc/pid/stat: ticks after boot
constexpr unsigned AFTER_NAME = 3;   // the first field behind "(comm)"

kj::Maybe<uint64_t> startTicks(kj::StringPtr stat) {
  // The name may hold blanks and brackets; nothing behind it does.
  KJ_IF_MAYBE (bracket, stat.findLast(')')) {
    unsigned field = AFTER_NAME - 1;
    for (const char* at = stat.begin() + *bracket; *at != 0; at++)
      if (*at == ' ' && ++field == START_TIME) return strtoull(at + 1, nullptr, 10);
  }
  return nullptr;
}

}  // namespace

uint64_t sinceBootNs() {
  timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return uint64_t(now.tv_sec) * SECOND + uint64_t(now.tv_nsec);
}

uint64_t suiteStartedNs() {
  auto path = kj::str("/proc/", getppid(), "/stat");
  int fd = open(path.cStr(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  kj::FdInputStream stream{kj::AutoCloseFd(fd)};
  KJ_IF_MAYBE (ticks, startTicks(stream.readAllText())) {
    uint64_t started = *ticks * (SECOND / uint64_t(sysconf(_SC_CLK_TCK)));
    return wallNs() - (sinceBootNs() - started);
  }
  return 0;
}

kj::String bootId() {
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return kj::str("unknown");
  auto text = kj::FdInputStream(kj::AutoCloseFd(fd)).readAllText();
  return kj::heapString(text.slice(0, text.findFirst('\n').orDefault(text.size())));
}

}  // namespace portreeve::policy
