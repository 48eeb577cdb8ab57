// SPDX-License-Identifier: GPL-3.0-or-later
// Work that is done one after another, in the order in which it was asked for.
#pragma once

#include <kj/async.h>
#include <kj/common.h>
#include <kj/function.h>

namespace portreeve::policy {

class SerialQueue {
public:
  SerialQueue() = default;
  KJ_DISALLOW_COPY(SerialQueue);

  template <typename Result>
  kj::Promise<Result> run(kj::Function<kj::Promise<Result>()> work) {
    // When the work that was asked for right before has resolved, has failed, or was dropped. What
    // `work` holds lives until its promise is done.
    auto done = kj::newPromiseAndFulfiller<void>();
    auto before = last.addBranch();
    last = done.promise.fork();
    auto next = kj::defer([fulfiller = kj::mv(done.fulfiller)]() mutable { fulfiller->fulfill(); });
    auto held = kj::heap(kj::mv(work));
    auto& there = *held;
    return before.then([&there]() { return there(); }).attach(kj::mv(held), kj::mv(next));
  }

private:
  kj::ForkedPromise<void> last = kj::Promise<void>(kj::READY_NOW).fork();
};

}  // namespace portreeve::policy
