// SPDX-License-Identifier: GPL-3.0-or-later
// Reading as the event loop sees it: each question is answered by a thread of its kind, from a
// connection that can only read, within a time limit. Short ones have a thread of their own, so
// that no replay stands before a page.
#pragma once

#include "common/worker.h"
#include "history/engine.h"
#include "history/queries.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>

namespace portreeve::history {

class Reader {
public:
  using Question = kj::Function<Answer(Database&)>;

  Reader(Worker& thread, const Engine& engine, kj::StringPtr file, uint64_t limitNs);
  KJ_DISALLOW_COPY(Reader);

  kj::Promise<Answer> ask(Question question);
  // `question` is run by the thread: it must own what it uses. Rejects with OVERLOADED where it
  // takes longer than the limit, or too many wait.

  uint64_t answered() const { return answers; }

private:
  Worker& thread;
  const Engine& engine;
  kj::String file;
  uint64_t limitNs;
  uint64_t answers = 0;
  // The thread's:
  kj::Maybe<kj::Own<Database>> database;
  uint64_t generation = 0;

  Database& current();
  Answer answer(Question& question);
};

}  // namespace portreeve::history
