// SPDX-License-Identifier: GPL-3.0-or-later
// The database as the writer's thread holds it: opened, written, forgotten from, and taken care of
// where the disk or the file is not as it should be.
//
// A file that is damaged is renamed and kept, and a new one begun at once. A disk that takes
// nothing leaves all as it is: what was to be written stays with whoever brought it, to be tried
// again.
#pragma once

#include "history/store.h"

#include <capnp/message.h>
#include <kj/function.h>
#include <kj/memory.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <atomic>
#include <cstdint>

namespace portreeve::history {

struct Batch {
  enum class Kind : uint8_t { CONNECTIONS, QUERIES, MISSED, PROMPTS } kind;
  kj::Own<capnp::MallocMessageBuilder> message;  // proto::Recorder's parameters of that method
  uint64_t life = 0;
};

class Engine {
public:
  using Clock = kj::Function<uint64_t()>;  // wall clock, ns

  Engine(kj::StringPtr file, Bounds bounds, Clock clock);
  KJ_DISALLOW_COPY(Engine);

  void prepare();
  // Opens (makes, mends, brings up) the file. Never throws: what is wrong is said, and the next
  // write tries again.

  struct Written {
    enum class Outcome : uint8_t {
      DONE,
      AGAIN,   // the disk did not take it: nothing of it is written
      REFUSED  // it cannot be written, ever
    } outcome = Outcome::DONE;
    kj::String words;  // where it is not DONE: why
    uint64_t connections = 0, queries = 0;
  };
  Written write(kj::ArrayPtr<Batch> batches);
  // All of them or none, in one transaction.

  Pruned prune();  // a piece; opens nothing
  void tidy();     // likewise
  Pruned purge(const Filter& filter);

  // From any thread:
  uint64_t generation() const { return files; }  // grows when another file takes the place
  uint64_t fileBytes() const { return bytes; }
  uint64_t setAsideCount() const { return damaged; }

private:
  kj::String file;
  Bounds bounds;
  Clock clock;
  kj::Maybe<kj::Own<Store>> store;
  uint64_t life = 0;
  uint64_t inTroubleSince = 0;  // wall clock; 0: not
  kj::String troubleWords;
  std::atomic<uint64_t> files{0}, bytes{0}, damaged{0};

  Store& opened();
  void belongTo(Store& store, uint64_t wanted);
  void put(Store& store, Batch& batch, Written& written);
  void writeAll(kj::ArrayPtr<Batch> batches, Written& written);
  bool takeAsideIfDamaged();
  void noteTrouble(kj::StringPtr words);
  void noteEndOfTrouble(Store& store);
};

}  // namespace portreeve::history
