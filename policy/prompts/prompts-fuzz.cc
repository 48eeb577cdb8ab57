// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompts-file.h"
#include "tests/fuzz/fuzz-target.h"

#include <kj/exception.h>
#include <stdlib.h>

namespace {

using namespace portreeve::policy;

kj::String written(KeptPrompts& kept) {
  QuestionTable questions([](const Question&) { return false; }, [](const Question&) {});
  questions.setLastId(kept.lastId);
  for (auto& question : kept.questions) questions.restore(kj::mv(question));
  std::deque<OnceAnswer> once;
  for (auto& answer : kept.once) once.push_back(kj::mv(answer));
  return promptsText(questions, once, kept.presence);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::heapString(reinterpret_cast<const char*>(data), size);
  KJ_IF_MAYBE (refused, kj::runCatchingExceptions([&]() {
                 auto kept = parsePrompts("prompts.toml", text);
                 // What is read is written so that it is read as the same.
                 auto once = written(kept);
                 auto again = parsePrompts("prompts.toml", once);
                 if (written(again) != once) abort();
               })) {
    // A refusal names the file and what is wrong, and nothing else goes wrong.
    if (!refused->getDescription().startsWith("prompts.toml: is not what policy has written"))
      abort();
  }
  return 0;
}
