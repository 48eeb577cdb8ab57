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
    : lastGoodNs(lastGoodNs),
      clock(kj::mv(given)),
      startedNs(clock.uptimeNs()),
      offsetNs(int64_t(clock.wallNs() - startedNs)) {}

bool ClockTrust::isBehind() {
  uint64_t now = clock.wallNs();
  if (now < WRITTEN_NS) return true;
  return now < lastGoodNs && clock.uptimeNs() - startedNs < ns(BEHIND_FILES);
}

bool ClockTrust::forgives() {
  return isBehind() || clock.uptimeNs() < ns(AFTER_BOOT);
}

bool ClockTrust::mayBeAhead() {
  uint64_t now = clock.wallNs();
  if (clock.uptimeNs() >= ns(AFTER_BOOT) || now < WRITTEN_NS || root == Root::COUNTS) return false;
  return root == Root::UNKNOWN || now > rootUntilNs;
}

bool ClockTrust::isAhead() {
  return root == Root::ENDED && mayBeAhead();
}

uint64_t ClockTrust::earliest() const {
  return std::max(WRITTEN_NS, rootFromNs);
}

void ClockTrust::rootCounts() {
  root = Root::COUNTS;
  rootFromNs = 0;
}

void ClockTrust::rootEnded(uint64_t fromNs, uint64_t untilNs) {
  if (!mayBeAhead() || fromNs > untilNs || untilNs < earliest() || untilNs >= clock.wallNs())
    return;
  // The newest that was seen.
  if (root == Root::ENDED && untilNs <= rootUntilNs) return;
  root = Root::ENDED;
  rootFromNs = fromNs;
  rootUntilNs = untilNs;
}

void ClockTrust::forgave(kj::StringPtr what, Fault fault) {
  tookEnded = tookEnded || fault == Fault::ENDED;
  if (count++ == 0)
    log::warning(
        kj::str("the clock says ", rfc3339(clock.wallNs()), ": ", what,
                fault == Fault::ENDED ? " has ended by it"_kj : " is not yet valid by it"_kj,
                ", and is taken until the clock is set"));
}

int64_t ClockTrust::takeStep() {
  auto now = int64_t(clock.wallNs() - clock.uptimeNs());
  auto moved = now - offsetNs;
  if (moved > -int64_t(ns(STEP)) && moved < int64_t(ns(STEP))) return 0;
  offsetNs = now;
  return moved;
}

bool ClockTrust::takeEnd() {
  if (!tookEnded || mayBeAhead()) return false;
  tookEnded = false;
  return true;
}

kj::Maybe<kj::String> ClockTrust::note() {
  if (!forgives() || (count == 0 && !isBehind() && !isAhead())) return nullptr;
  auto says = kj::str("the clock says ", rfc3339(clock.wallNs()));
  auto soFar = kj::str(" are taken for now (", count, " so far)");
  if (isAhead())
    return kj::str(says, ", and the newest that the root has signed ended ", rfc3339(rootUntilNs),
                   ": signatures and certificates that ended since ", rfc3339(rootFromNs), soFar);
  if (tookEnded && mayBeAhead())
    return kj::str(says, ": certificates that have ended by it", soFar);
  return kj::str(says, ": signatures and certificates that are not yet valid by it", soFar);
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
