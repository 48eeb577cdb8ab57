// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/clock-trust.h"

#include "common/clock.h"
#include "common/log.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr uint64_t SECOND = 1'000'000'000;
constexpr uint64_t WRITTEN = 1'795'000'000 * SECOND;  // 2026-11-18

uint64_t sinceBootNs() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return uint64_t(t.tv_sec) * SECOND + uint64_t(t.tv_nsec);
}

uint64_t ns(kj::Duration duration) {
  return uint64_t(duration / kj::NANOSECONDS);
}

}  // namespace

ClockTrust::ClockTrust(uint64_t lastGoodNs, Clock given)
    : lastGoodNs(lastGoodNs), clock(kj::mv(given)), startedNs(clock.uptimeNs()) {}

bool ClockTrust::isBehind() {
  uint64_t now = clock.wallNs();
  if (now < WRITTEN) return true;
  return now < lastGoodNs && clock.uptimeNs() - startedNs < ns(BEHIND_FILES);
}

bool ClockTrust::forgives() {
  return isBehind() || clock.uptimeNs() < ns(AFTER_BOOT);
}

void ClockTrust::forgave(kj::StringPtr what) {
  if (count++ == 0)
    log::warning(kj::str("the clock says ", rfc3339(clock.wallNs()), ": ", what,
                         " is not yet valid by it, and is taken until the clock is set"));
}

kj::Maybe<kj::String> ClockTrust::note() {
  if (!forgives() || (count == 0 && !isBehind())) return nullptr;
  return kj::str("the clock says ", rfc3339(clock.wallNs()),
                 ": signatures and certificates that are not yet valid by it are taken for now (",
                 count, " so far)");
}

uint64_t lastWritten(kj::ArrayPtr<const kj::StringPtr> paths) {
  uint64_t newest = 0;
  for (auto path : paths) {
    struct stat found {};
    if (stat(path.cStr(), &found) != 0 || found.st_mtim.tv_sec < 0) continue;
    newest =
        std::max(newest, uint64_t(found.st_mtim.tv_sec) * SECOND + uint64_t(found.st_mtim.tv_nsec));
  }
  return newest;
}

ClockTrust::Clock machineClock() {
  return {[]() { return wallNs(); }, []() { return sinceBootNs(); }};
}

}  // namespace portreeve::resolver
