// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-upkeep.h"

#include "common/log.h"

namespace portreeve::policy {
namespace {

constexpr auto SETTLE = 20 * kj::MILLISECONDS;  // one save of an editor is several events
constexpr auto LONGEST_SETTLE = 500 * kj::MILLISECONDS;
constexpr auto LONGEST_SLEEP = 60 * kj::SECONDS;  // the wall clock may be set, a link may change
constexpr auto AFTER_EXPIRY = 1 * kj::MILLISECONDS;

kj::Promise<void> logged(kj::StringPtr doing, kj::Promise<void> act) {
  return act.catch_([doing](kj::Exception&& e) { log::exception(doing, e); });
}

}  // namespace

RuleUpkeep::RuleUpkeep(kj::UnixEventPort& port, kj::ArrayPtr<const kj::StringPtr> watched,
                       Parts parts)
    : parts(parts), watch(port, watched), clockWatch(port) {}

kj::Promise<void> RuleUpkeep::run() {
  return watchFiles().exclusiveJoin(keepTime());
}

kj::Promise<void> RuleUpkeep::readAgain() {
  return logged(
      "reading the rule files",
      parts.queue.run<uint32_t>([this]() { return parts.activation.reload(); }).ignoreResult());
}

kj::Promise<void> RuleUpkeep::watchFiles() {
  return watch.changed()
      .then([this]() { return settled(parts.timer.now() + LONGEST_SETTLE); })
      .then([this]() { return readAgain(); })
      .then([this]() { return watchFiles(); });
}

kj::Promise<void> RuleUpkeep::settled(kj::TimePoint latest) {
  auto quiet = parts.timer.afterDelay(SETTLE).then([]() { return true; });
  auto more = watch.changed().then([]() { return false; });
  return quiet.exclusiveJoin(kj::mv(more)).then([this, latest](bool still) -> kj::Promise<void> {
    if (still || parts.timer.now() >= latest) return kj::READY_NOW;
    return settled(latest);
  });
}

kj::TimePoint RuleUpkeep::nextWake() {
  auto next = parts.timer.now() + LONGEST_SLEEP;
  uint64_t wall = parts.inForce.now();
  uint64_t expiry = parts.inForce.set().nextExpiry(wall);
  if (expiry != 0) {
    uint64_t left = kj::min(expiry - wall, uint64_t(LONGEST_SLEEP / kj::NANOSECONDS));
    next = kj::min(next, parts.timer.now() + int64_t(left) * kj::NANOSECONDS + AFTER_EXPIRY);
  }
  // One that could not be taken back (disk full) is tried again with the next look.
  if (parts.confirmation.pending() && !parts.confirmation.overdue())
    next = kj::min(next, parts.confirmation.until());
  return next;
}

kj::Promise<void> RuleUpkeep::keepTime() {
  return parts.timer.atTime(nextWake())
      .exclusiveJoin(parts.activation.changed())
      .exclusiveJoin(clockWatch.changed())
      .then([this]() { return logged("looking at the rules' times", look()); })
      .then([this]() { return keepTime(); });
}

kj::Promise<void> RuleUpkeep::look() {
  if (parts.inForce.clockChanged())
    log::info("the clock was set: rules that last a while end when they would have");
  if (parts.confirmation.overdue())
    return parts.queue
        .run<uint32_t>([this]() -> kj::Promise<uint32_t> {
          // It may have been confirmed while this waited for its turn.
          if (!parts.confirmation.overdue()) return uint32_t(0);
          return parts.committer.takeBack();
        })
        .ignoreResult();
  if (parts.inForce.rulesEnded()) {
    log::info("a rule has ended, or its hours have begun or are over");
    return parts.activation.apply().ignoreResult();
  }
  watch.arm();
  if (parts.inForce.filesChanged() || parts.settings.fileChanged()) return readAgain();
  return kj::READY_NOW;
}

}  // namespace portreeve::policy
