// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/message-fuzz.h"

#include "resolver/message.h"
#include "resolver/reply.h"

#include <kj/debug.h>
#include <stdlib.h>

namespace {

using namespace portreeve::resolver;

void require(bool holds) {
  if (!holds) abort();
}

void answerIt(const Query& query, const Answer& answer) {
  for (size_t limit : {udpLimit(query), TCP_LIMIT}) {
    auto reply = writeReply(query, answer, nullptr, limit);
    require(reply.size() <= limit);
    require(readAnswer(reply) != nullptr);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto message = kj::arrayPtr(data, size);
  auto reading = readQuery(message);
  if (reading.outcome != QueryReading::Outcome::IGNORE) answerIt(reading.query, Answer());
  KJ_IF_MAYBE (answer, readAnswer(message)) {
    Query query;
    query.question = Question{Name(), TYPE_A};
    if (!answer->answer.empty())
      query.question = Question{answer->answer[0].owner, answer->answer[0].type};
    query.edns = Edns{4096, 0, true};
    answerIt(query, *answer);
    require(given(KJ_ASSERT_NONNULL(query.question), *answer).chain.size() <= 32);
  }
  return 0;
}
