// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/writer.h"

#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::history {

Writer::Writer(kj::Timer& timer, Worker& thread, Engine& engine)
    : timer(timer), thread(thread), engine(engine), tasks(*this) {}

kj::Promise<void> Writer::write(Batch batch) {
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting.add(Waiting{kj::mv(batch), kj::mv(paf.fulfiller)});
  consider();
  return kj::mv(paf.promise);
}

void Writer::consider() {
  if (writing || waiting.empty()) return;
  if (waiting.size() >= ENOUGH && words.size() == 0) {
    writing = true;
    tasks.add(writeNow());
    return;
  }
  if (gathering) return;
  gathering = true;
  tasks.add(timer.afterDelay(words.size() > 0 ? BEFORE_AGAIN : GATHER).then([this]() {
    gathering = false;
    if (writing || waiting.empty()) return kj::Promise<void>(kj::READY_NOW);
    writing = true;
    return writeNow();
  }));
}

kj::Promise<void> Writer::writeNow() {
  auto piece = waiting.releaseAsArray();
  struct Job {
    kj::Array<Waiting> piece;
    kj::Vector<Batch> batches;
  };
  auto job = kj::heap<Job>();
  for (auto& one : piece) job->batches.add(kj::mv(one.batch));
  job->piece = kj::mv(piece);
  auto& batches = job->batches;
  return thread.run([this, &batches]() { return engine.write(batches); })
      .then([this, job = kj::mv(job)](Engine::Written&& written) mutable {
        for (size_t i = 0; i < job->piece.size(); i++)
          job->piece[i].batch = kj::mv(job->batches[i]);
        answered(kj::mv(job->piece), kj::mv(written));
      });
}

void Writer::answered(kj::Array<Waiting> piece, Engine::Written written) {
  writing = false;
  words = written.outcome == Engine::Written::Outcome::AGAIN ? kj::mv(written.words) : kj::String();
  switch (written.outcome) {
    case Engine::Written::Outcome::DONE:
      counts.connections += written.connections;
      counts.queries += written.queries;
      for (auto& one : piece) one.fulfiller->fulfill();
      break;
    case Engine::Written::Outcome::AGAIN: {
      auto later = kj::mv(waiting);
      waiting = kj::Vector<Waiting>();
      for (auto& one : piece) waiting.add(kj::mv(one));
      for (auto& one : later) waiting.add(kj::mv(one));
      break;
    }
    case Engine::Written::Outcome::REFUSED:
      counts.refused += piece.size();
      log::error(kj::str("recording: ", written.words, ": ", piece.size(), " batches are lost"));
      for (auto& one : piece)
        one.fulfiller->reject(KJ_EXCEPTION(FAILED, "it cannot be recorded", written.words));
      break;
  }
  consider();
}

kj::Promise<Pruned> Writer::purge(Filter filter) {
  auto asked = kj::heap<Filter>(kj::mv(filter));
  auto& wanted = *asked;
  return thread.run([this, &wanted]() { return engine.purge(wanted); }).attach(kj::mv(asked));
}

kj::Promise<void> Writer::pruneOnce() {
  return thread.run([this]() { return engine.prune(); }).then([this](Pruned&& pruned) {
    counts.forgotten += uint64_t(pruned.connections + pruned.queries);
    if (!pruned.more) return kj::Promise<void>(kj::READY_NOW);
    return timer.afterDelay(BETWEEN_PIECES).then([this]() { return pruneOnce(); });
  });
}

kj::Promise<void> Writer::takeCare() {
  return timer.afterDelay(BETWEEN_PRUNES)
      .then([this]() { return pruneOnce(); })
      .then([this]() {
        if (++prunes % PRUNES_A_TIDY != FIRST_TIDY) return kj::Promise<void>(kj::READY_NOW);
        return thread.run([this]() { engine.tidy(); });
      })
      .catch_([](kj::Exception&& e) { log::exception("forgetting what is old", e); })
      .then([this]() { return takeCare(); });
}

void Writer::taskFailed(kj::Exception&& e) {
  log::exception("recording", e);
}

}  // namespace portreeve::history
