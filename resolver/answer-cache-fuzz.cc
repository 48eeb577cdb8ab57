// SPDX-License-Identifier: GPL-3.0-or-later
// Answers as an upstream gives them, into the cache and out again. The input is as on TCP: length
// and message, again and again. A message's id says by how many seconds the clock goes on before
// it, its AD and CD bits whether the client set DO and CD.
#include "tests/fuzz/fuzz-target.h"

#include "resolver/answer-cache.h"
#include "resolver/message.h"
#include "resolver/name.h"
#include "resolver/wire-reader.h"

#include <kj/debug.h>
#include <map>

namespace {

using namespace portreeve::resolver;

constexpr uint64_t SECOND = 1'000'000'000;
constexpr size_t SMALL = 16 << 10;  // so that answers push each other out
constexpr size_t MOST = 64;         // messages of an input

using Sections = std::vector<const std::vector<Record>*>;

Sections sectionsOf(const Answer& answer) {
  return {&answer.answer, &answer.authority, &answer.additional};
}

uint32_t aged(uint32_t ttl, uint32_t age, kj::Maybe<uint32_t> instead) {
  return instead.orDefault(ttl > age ? ttl - age : 0);
}

std::string questionOctets(const Question& question) {
  std::string octets(question.name.wire());
  for (uint16_t value : {question.type, question.klass}) {
    octets.push_back(char(value >> 8));
    octets.push_back(char(value));
  }
  return octets;
}

void compare(const Answer& whole, const Answer& given, uint32_t age, kj::Maybe<uint32_t> instead) {
  // Each section is there as it was, or not at all; only its TTLs are others.
  auto before = sectionsOf(whole), after = sectionsOf(given);
  for (size_t i = 0; i < before.size(); i++) {
    if (after[i]->empty()) continue;
    require(after[i]->size() == before[i]->size());
    for (size_t j = 0; j < after[i]->size(); j++) {
      auto &was = (*before[i])[j], &is = (*after[i])[j];
      require(is.owner == was.owner && is.type == was.type && is.data == was.data);
      require(is.ttl == aged(was.ttl, age, instead));
    }
  }
}

void give(const Question& question, const PreparedAnswer& prepared, uint32_t age,
          kj::Maybe<uint32_t> instead) {
  auto whole = KJ_ASSERT_NONNULL(readAnswer(prepared.wire));
  auto octets = questionOctets(question);
  Asked asked;
  asked.question = {reinterpret_cast<const kj::byte*>(octets.data()), octets.size()};
  static kj::byte out[TCP_LIMIT];
  for (size_t limit : {PLAIN_UDP_LIMIT, EDNS_UDP_LIMIT, TCP_LIMIT}) {
    asked.limit = limit;
    asked.edns = limit != PLAIN_UDP_LIMIT;
    size_t size = prepared.write(asked, age, instead, nullptr, kj::arrayPtr(out, sizeof out));
    require(size <= limit);
    auto given = KJ_ASSERT_NONNULL(readAnswer(kj::arrayPtr(out, size)));
    require(memcmp(out + 12, octets.data(), octets.size()) == 0);
    compare(whole, given, age, instead);
    bool dropped = given.answer.size() < whole.answer.size() ||
                   given.authority.size() < whole.authority.size();
    require(!dropped || given.truncated);
  }
}

kj::Maybe<Question> questionOf(kj::ArrayPtr<const kj::byte> message) {
  if (message.size() < 12) return nullptr;
  WireReader reader(message, 12);
  Question question;
  KJ_IF_MAYBE (name, Name::decode(reader)) question.name = kj::mv(*name);
  question.type = reader.u16();
  reader.u16();
  if (!reader.ok()) return nullptr;
  return kj::mv(question);
}

class Run {
public:
  void take(kj::ArrayPtr<const kj::byte> message) {
    KJ_IF_MAYBE (question, questionOf(message))
      KJ_IF_MAYBE (answer, readAnswer(message)) {
        now += (uint64_t(message[0]) << 8 | message[1]) * SECOND;
        store(*question, *answer, (message[3] & 0x20) != 0, (message[3] & 0x10) != 0);
      }
  }

  void end() {
    // What was put in under another name, type, DO or CD is never given for this one.
    for (auto& [key, answer] : stored)
      KJ_IF_MAYBE (entry, cache.find(key)) require(entry->key == key && entry->answer == answer);
    if (!stored.empty()) flushBelow(stored.begin()->first);
    cache.flush(nullptr);
    require(cache.size() == 0 && cache.bytes() == 0);
  }

private:
  AnswerCache cache{SMALL};
  uint64_t now = SECOND;
  std::map<std::string, Prepared> stored;  // by key, the newest

  void store(const Question& question, const Answer& answer, bool dnssecOk, bool unchecked) {
    auto prepared = prepare(question, dnssecOk, answer, nullptr);
    auto key = cacheKey(question, dnssecOk, unchecked);
    require(key == cacheKey(lowered(question), dnssecOk, unchecked));
    require(prepared->ttl <= 86400);
    for (uint32_t age : {0u, prepared->ttl, UINT32_MAX}) give(question, *prepared, age, nullptr);
    give(question, *prepared, 7, 30u);
    cache.store(key, prepared, now);
    require(cache.bytes() <= cache.limit());
    if (prepared->ttl == 0) return;
    stored[key] = prepared;
    KJ_IF_MAYBE (entry, cache.find(key)) {
      require(entry->answer == prepared && entry->age(now) == 0 && entry->fresh(now));
      require(!entry->fresh(now + prepared->ttl * SECOND));
    }
  }

  static Question lowered(const Question& question) {
    auto wire = question.name.lowerCaseWire();
    WireReader reader(kj::arrayPtr(reinterpret_cast<const kj::byte*>(wire.data()), wire.size()));
    return {KJ_ASSERT_NONNULL(Name::decode(reader)), question.type};
  }

  void flushBelow(const std::string& key) {
    WireReader reader(kj::arrayPtr(reinterpret_cast<const kj::byte*>(key.data()), key.size()));
    auto zone = KJ_ASSERT_NONNULL(Name::decode(reader));
    cache.flush(zone);
    cache.forEach([&zone](const AnswerCache::Entry& entry) {
      auto& octets = entry.key;
      WireReader left(
          kj::arrayPtr(reinterpret_cast<const kj::byte*>(octets.data()), octets.size()));
      require(!KJ_ASSERT_NONNULL(Name::decode(left)).isWithin(zone));
      return true;
    });
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  WireReader input(kj::arrayPtr(data, size));
  Run run;
  for (size_t i = 0; i < MOST && input.left() >= 2; i++) {
    auto message = input.bytes(input.u16());
    if (!input.ok()) break;
    run.take(message);
  }
  run.end();
  return 0;
}
