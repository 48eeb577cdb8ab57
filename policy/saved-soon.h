// SPDX-License-Identifier: GPL-3.0-or-later
// A file of the state folder that follows something in memory: what changes is written a moment
// later, all changes of that moment at once, and again if there were more meanwhile.
#pragma once

#include "policy/durable-folder.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/string.h>
#include <kj/timer.h>

namespace portreeve::policy {

class SavedSoon final : private kj::TaskSet::ErrorHandler {
public:
  using Text = kj::Function<kj::String()>;  // what the file is to hold now

  SavedSoon(kj::Timer& timer, DurableFolder& state, kj::StringPtr file, kj::Duration pause,
            kj::StringPtr doing, Text text);
  // `doing` is for the log: a write that fails is said, and tried again with the next change.
  KJ_DISALLOW_COPY(SavedSoon);

  void changed();

private:
  kj::Timer& timer;
  DurableFolder& state;
  kj::StringPtr file;
  kj::Duration pause;
  kj::StringPtr doing;
  Text text;
  bool dirty = false;
  bool saving = false;
  kj::TaskSet tasks;  // last: destroyed first

  kj::Promise<void> save();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
