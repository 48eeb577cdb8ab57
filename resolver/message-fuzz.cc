// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz-target.h"

#include "resolver/answer-cache.h"
#include "resolver/message.h"
#include "resolver/quick-question.h"
#include "resolver/reply.h"

#include <kj/debug.h>

namespace {

using namespace portreeve::resolver;

void answerIt(const Query& query, const Answer& answer) {
  for (size_t limit : {udpLimit(query), TCP_LIMIT}) {
    auto reply = writeReply(query, answer, nullptr, limit);
    require(reply.size() <= limit);
    require(readAnswer(reply) != nullptr);
  }
}

void prepareIt(const Question& question, const Answer& answer) {
  // What the cache sends is never longer than the client takes, and reads as an answer.
  auto prepared = prepare(question, true, answer, nullptr);
  std::string octets(question.name.wire());
  for (uint16_t value : {question.type, question.klass}) {
    octets.push_back(char(value >> 8));
    octets.push_back(char(value));
  }
  Asked asked;
  asked.question = {reinterpret_cast<const kj::byte*>(octets.data()), octets.size()};
  asked.edns = asked.dnssecOk = true;
  static kj::byte out[TCP_LIMIT];
  for (size_t limit : {PLAIN_UDP_LIMIT, EDNS_UDP_LIMIT, TCP_LIMIT}) {
    asked.limit = limit;
    size_t size = prepared->write(asked, 7, nullptr, nullptr, kj::arrayPtr(out, sizeof out));
    require(size <= limit);
    require(readAnswer(kj::arrayPtr(out, size)) != nullptr);
  }
}

void readQuickly(kj::ArrayPtr<const kj::byte> message, const QueryReading& careful) {
  // Whatever the quick reader takes, the careful one reads the same.
  QuickQuestion quick;
  if (!quick.read(message)) return;
  require(careful.outcome == QueryReading::Outcome::GOOD);
  auto& question = KJ_ASSERT_NONNULL(careful.query.question);
  require(quick.key() == cacheKey(question, quick.asked.dnssecOk, careful.query.checkingDisabled));
  require(quick.asked.limit == udpLimit(careful.query));
  auto text = question.name.text();
  require(!quick.plain || quick.text().empty() ||
          quick.text() == std::string_view(text.begin(), text.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto message = kj::arrayPtr(data, size);
  auto reading = readQuery(message);
  if (reading.outcome != QueryReading::Outcome::IGNORE) answerIt(reading.query, Answer());
  readQuickly(message, reading);
  KJ_IF_MAYBE (answer, readAnswer(message)) {
    Query query;
    query.question = Question{Name(), TYPE_A};
    if (!answer->answer.empty())
      query.question = Question{answer->answer[0].owner, answer->answer[0].type};
    query.edns = Edns{4096, 0, true};
    answerIt(query, *answer);
    prepareIt(KJ_ASSERT_NONNULL(query.question), *answer);
    require(given(KJ_ASSERT_NONNULL(query.question), *answer).chain.size() <= 32);
  }
  return 0;
}
