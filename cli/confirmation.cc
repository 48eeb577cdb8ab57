// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/confirmation.h"

namespace portreeve::cli {

kj::Promise<void> Confirmation::wait(uint32_t seconds) {
  if (seconds == 0) return kj::NEVER_DONE;
  pending = true;
  end = timer.now() + seconds * kj::SECONDS;
  return timer.atTime(end).then([this]() -> kj::Promise<void> {
    if (!pending) return kj::NEVER_DONE;
    return kj::READY_NOW;
  });
}

bool Confirmation::confirm() {
  bool was = pending;
  pending = false;
  return was;
}

uint32_t Confirmation::secondsLeft() const {
  if (!pending || end < timer.now()) return 0;
  // Rounded up: as long as it is pending there is time left.
  return uint32_t((end - timer.now() + 999 * kj::MILLISECONDS) / kj::SECONDS);
}

}  // namespace portreeve::cli
