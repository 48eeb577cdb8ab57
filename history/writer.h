// SPDX-License-Identifier: GPL-3.0-or-later
// Writing as the event loop sees it: batches are gathered for a moment, written together by the
// writer's thread, and answered when they are on the disk. While the disk takes nothing they stay
// unanswered (policy sends no more than its window) and are tried again.
#pragma once

#include "common/worker.h"
#include "history/engine.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

namespace portreeve::history {

class Writer final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr kj::Duration GATHER = 200 * kj::MILLISECONDS;
  static constexpr size_t ENOUGH = 16;  // batches that are written without waiting for more
  static constexpr kj::Duration BEFORE_AGAIN = 5 * kj::SECONDS;
  static constexpr kj::Duration BETWEEN_PRUNES = 60 * kj::SECONDS;
  static constexpr kj::Duration BETWEEN_PIECES = 1 * kj::SECONDS;
  static constexpr uint PRUNES_A_TIDY = 1440;  // a day
  static constexpr uint FIRST_TIDY = 10;       // ten minutes after the start

  struct Counters {
    uint64_t connections = 0, queries = 0;  // written
    uint64_t refused = 0;                   // batches that could not be written, ever
    uint64_t forgotten = 0;                 // rows that were too old or too many
  };

  Writer(kj::Timer& timer, Worker& thread, Engine& engine);
  KJ_DISALLOW_COPY(Writer);

  kj::Promise<void> write(Batch batch);
  // Resolves when it is on the disk; rejects with FAILED when it never can be.

  kj::Promise<Pruned> purge(Filter filter);
  kj::Promise<void> takeCare();  // forgets what is too old; never resolves

  const Counters& counters() const { return counts; }
  kj::StringPtr trouble() const { return words; }  // why nothing is written just now; else empty

private:
  struct Waiting {
    Batch batch;
    kj::Own<kj::PromiseFulfiller<void>> fulfiller;
  };
  kj::Timer& timer;
  Worker& thread;
  Engine& engine;
  Counters counts;
  kj::Vector<Waiting> waiting;
  bool writing = false;    // the thread has a piece
  bool gathering = false;  // a moment's wait for more
  kj::String words;
  uint prunes = 0;
  kj::TaskSet tasks;  // last: destroyed first

  void consider();
  kj::Promise<void> writeNow();
  void answered(kj::Array<Waiting> piece, Engine::Written written);
  kj::Promise<void> pruneOnce();
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::history
