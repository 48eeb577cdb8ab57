// SPDX-License-Identifier: GPL-3.0-or-later
// Where long work is done, so that no verdict stands behind it: the daemon has a thread for it; a
// test that wants no thread does it at once.
#pragma once

#include <kj/async.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <kj/memory.h>

namespace portreeve::policy {

using Aside = kj::Function<kj::Promise<void>(kj::Function<void()> job)>;
// Resolves when the job is done, rejects with what it throws. The job may run on another thread: it
// touches only what it owns, and what nobody changes meanwhile.

inline kj::Promise<void> atOnce(kj::Function<void()> job) {
  return kj::evalNow([&]() -> kj::Promise<void> {
    job();
    return kj::READY_NOW;
  });
}

template <typename Job>
auto runAside(Aside& aside, Job&& job) -> kj::Promise<decltype(job())> {
  // The same for a job that has a result.
  struct Done {
    kj::Decay<Job> job;
    kj::Maybe<decltype(job())> result;
  };
  auto done = kj::heap(Done{kj::fwd<Job>(job), nullptr});
  auto& there = *done;
  return aside([&there]() { there.result = there.job(); }).then([done = kj::mv(done)]() mutable {
    return kj::mv(KJ_ASSERT_NONNULL(done->result));
  });
}

}  // namespace portreeve::policy
