// SPDX-License-Identifier: GPL-3.0-or-later
// A thread beside the event loop, for what waits for a disk or takes long. Jobs run in order; what
// they return or throw comes back to the loop as a promise. Threads must be made after Landlock (it
// holds for the calling thread and those it makes later) and before seccomp (which allows no new
// ones).
#pragma once

#include <kj/async.h>
#include <kj/exception.h>
#include <kj/function.h>
#include <kj/memory.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>

namespace portreeve {

class Worker {
public:
  explicit Worker(size_t mostWaiting);
  // Past mostWaiting jobs, `run` rejects with OVERLOADED. Returns when the thread runs.
  ~Worker() noexcept(false);
  // Waits for the job that runs; those that wait are rejected.
  KJ_DISALLOW_COPY(Worker);

  template <typename Job>
  auto run(Job&& job) -> kj::Promise<decltype(job())> {
    // From the event loop's thread. What the job refers to must outlive it even where the promise
    // is dropped.
    using Result = decltype(job());
    auto paf = kj::newPromiseAndCrossThreadFulfiller<Result>();
    auto task =
        Task([job = kj::fwd<Job>(job), fulfiller = kj::mv(paf.fulfiller)](bool cancelled) mutable {
          KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                         if (cancelled) refuse("this process is going");
                         if constexpr (std::is_void_v<Result>) {
                           job();
                           fulfiller->fulfill();
                         } else {
                           fulfiller->fulfill(job());
                         }
                       }))
            fulfiller->reject(kj::mv(*e));
        });
    KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { submit(kj::mv(task)); })) return kj::mv(*e);
    return kj::mv(paf.promise);
  }

  size_t waiting();

private:
  using Task = kj::Function<void(bool cancelled)>;
  std::mutex lock;
  std::condition_variable changed;
  std::deque<Task> tasks;
  size_t most;
  bool running = false;
  bool ending = false;
  std::thread thread;  // last: it uses the rest

  void submit(Task task);
  void work();
  [[noreturn]] static void refuse(kj::StringPtr words);
};

}  // namespace portreeve
