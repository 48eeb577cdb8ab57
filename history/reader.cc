// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/reader.h"

#include "common/clock.h"
#include "history/failure.h"

#include <kj/debug.h>
#include <unistd.h>

namespace portreeve::history {

Reader::Reader(Worker& thread, const Engine& engine, kj::StringPtr file, uint64_t limitNs)
    : thread(thread), engine(engine), file(kj::str(file)), limitNs(limitNs) {}

kj::Promise<Answer> Reader::ask(Question question) {
  answers++;
  return thread.run([this, question = kj::mv(question)]() mutable { return answer(question); });
}

Database& Reader::current() {
  if (engine.generation() != generation) database = nullptr;
  KJ_IF_MAYBE (open, database) return **open;
  generation = engine.generation();
  if (access(file.cStr(), F_OK) != 0) fail("nothing has been recorded yet");
  auto fresh = kj::heap<Database>(file, Database::Mode::READ_ONLY);
  fresh->execute("PRAGMA cache_size = -16384");
  fresh->execute("PRAGMA temp_store = MEMORY");
  return *database.emplace(kj::mv(fresh));
}

Answer Reader::answer(Question& question) {
  auto& from = current();
  from.limitTime(monotonicNs() + limitNs);
  KJ_DEFER(from.limitTime(0));
  KJ_ON_SCOPE_FAILURE(if (from.trouble() != Trouble::NONE && from.trouble() != Trouble::OTHER)
                          generation = ~0ull);  // opened anew for the next one
  return question(from);
}

}  // namespace portreeve::history
