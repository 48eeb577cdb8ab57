// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/saved-soon.h"

#include "common/log.h"

namespace portreeve::policy {

SavedSoon::SavedSoon(kj::Timer& timer, DurableFolder& state, kj::StringPtr file, kj::Duration pause,
                     kj::StringPtr doing, Text text)
    : timer(timer),
      state(state),
      file(file),
      pause(pause),
      doing(doing),
      text(kj::mv(text)),
      tasks(*this) {}

void SavedSoon::changed() {
  dirty = true;
  if (saving) return;
  saving = true;
  tasks.add(save());
}

kj::Promise<void> SavedSoon::save() {
  return timer.afterDelay(pause)
      .then([this]() {
        dirty = false;
        return state.replace(file, FileContent{text()});
      })
      .catch_([this](kj::Exception&& e) { log::exception(doing, e); })
      .then([this]() -> kj::Promise<void> {
        saving = dirty;
        if (!saving) return kj::READY_NOW;
        return save();
      });
}

void SavedSoon::taskFailed(kj::Exception&& e) {
  log::exception(doing, e);
}

}  // namespace portreeve::policy
