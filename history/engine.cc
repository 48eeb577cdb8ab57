// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/engine.h"

#include "common/clock.h"
#include "common/log.h"
#include "history/schema.h"

#include <kj/debug.h>

namespace portreeve::history {

Engine::Engine(kj::StringPtr file, Bounds bounds, Clock clock)
    : file(kj::str(file)), bounds(bounds), clock(kj::mv(clock)) {}

Store& Engine::opened() {
  KJ_IF_MAYBE (known, store) return **known;
  takeAsideIfDamaged();
  files++;
  life = 0;
  return *store.emplace(kj::heap<Store>(openDatabase(file)));
}

void Engine::prepare() {
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { bytes = uint64_t(opened().fileBytes()); }))
    noteTrouble(e->getDescription());
}

bool Engine::takeAsideIfDamaged() {
  if (!isDamaged(file)) return false;
  auto aside = setAside(file, clock());
  damaged++;
  troubleWords = kj::str("the database was damaged and is kept as ", aside);
  inTroubleSince = clock();
  log::error(kj::str(file, ": ", troubleWords, "; a new one is begun"));
  return true;
}

void Engine::belongTo(Store& to, uint64_t wanted) {
  if (life == wanted) return;
  to.beginLife(wanted);
  life = wanted;
}

void Engine::put(Store& to, Batch& batch, Written& written) {
  belongTo(to, batch.life);
  switch (batch.kind) {
    case Batch::Kind::CONNECTIONS: {
      auto told =
          batch.message->getRoot<proto::Recorder::ConnectionsParams>().asReader().getBatch();
      to.put(told);
      written.connections += told.getDescribed().size() + told.getProgressed().size();
      return;
    }
    case Batch::Kind::QUERIES: {
      auto asked = batch.message->getRoot<proto::Recorder::QueriesParams>().asReader();
      to.put(asked.getAsked());
      written.queries += asked.getAsked().size();
      return;
    }
    case Batch::Kind::PROMPTS:
      to.put(batch.message->getRoot<proto::Recorder::PromptsParams>().asReader().getChanged());
      return;
    case Batch::Kind::MISSED: {
      auto missed = batch.message->getRoot<proto::Recorder::MissedParams>().asReader();
      to.putGap(missed.getConnections(), missed.getQueries(),
                "they came faster than they could be recorded, or while the historian was away",
                clock());
      return;
    }
  }
}

void Engine::noteTrouble(kj::StringPtr words) {
  if (inTroubleSince != 0) return;
  inTroubleSince = clock();
  troubleWords = kj::str("the disk took nothing: ", words);
  log::error(kj::str("recording: ", words, "; verdicts go on, recording is tried again"));
}

void Engine::noteEndOfTrouble(Store& to) {
  if (inTroubleSince == 0) return;
  to.putGap(
      0, 0,
      kj::str(troubleWords, " (from ", rfc3339(inTroubleSince), " to ", rfc3339(clock()), ')'),
      clock());
}

void Engine::writeAll(kj::ArrayPtr<Batch> batches, Written& written) {
  auto& to = opened();
  Transaction transaction(to.handle());
  for (auto& batch : batches) put(to, batch, written);
  noteEndOfTrouble(to);
  transaction.commit();
  if (inTroubleSince != 0) log::info("recording goes on");
  inTroubleSince = 0;
  bytes = uint64_t(to.fileBytes());
}

Engine::Written Engine::write(kj::ArrayPtr<Batch> batches) {
  // Twice: where the file is damaged a new one takes the second attempt.
  for (int attempt = 0;; attempt++) {
    Written written;
    auto failure = kj::runCatchingExceptions([&]() { writeAll(batches, written); });
    KJ_IF_MAYBE (e, failure) {
      auto trouble = Trouble::DISK;  // it could not even be opened
      KJ_IF_MAYBE (known, store) {
        (*known)->forgetCaches();
        trouble = (*known)->handle().trouble();
        (*known)->handle().forgetTrouble();
      }
      life = 0;
      written = Written();
      written.words = kj::str(e->getDescription());
      if (trouble == Trouble::BROKEN && attempt == 0) {
        store = nullptr;
        continue;
      }
      bool passes = trouble == Trouble::DISK || e->getType() == kj::Exception::Type::OVERLOADED;
      written.outcome = passes ? Written::Outcome::AGAIN : Written::Outcome::REFUSED;
      if (passes) noteTrouble(written.words);
      // Opened anew at the next attempt: what is wrong may have to do with the descriptor.
      store = nullptr;
    }
    return written;
  }
}

Pruned Engine::prune() {
  KJ_IF_MAYBE (known, store) {
    auto pruned = (*known)->prune(bounds, clock());
    bytes = uint64_t((*known)->fileBytes());
    return pruned;
  }
  return Pruned();
}

void Engine::tidy() {
  KJ_IF_MAYBE (known, store) (*known)->tidy();
}

Pruned Engine::purge(const Filter& filter) {
  auto& to = opened();
  auto purged = to.purge(filter);
  bytes = uint64_t(to.fileBytes());
  return purged;
}

}  // namespace portreeve::history
