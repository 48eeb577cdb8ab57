// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/ruling-cache.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/random.h>

#include <algorithm>
#include <tuple>

namespace portreeve::resolver {

bool RulingCache::Ruling::isToBeTold(uint32_t process, uint64_t nowNs) {
  if (process == toldOf && nowNs - toldNs < TOLD_AGAIN_NS) return false;
  toldOf = process;
  toldNs = nowNs;
  return true;
}

RulingCache::RulingCache() : slots(kj::heapArray<Ruling>(SLOTS)) {
  if (getrandom(secret, sizeof secret, 0) != sizeof secret) KJ_FAIL_SYSCALL("getrandom", errno);
}

uint64_t RulingCache::keyOf(uint32_t program, std::string_view question) const {
  name_list::SuffixHash hash(secret);
  hash.add({reinterpret_cast<const char*>(&program), sizeof program});
  hash.add(question);
  return hash.fingerprint();
}

kj::ArrayPtr<RulingCache::Ruling> RulingCache::placesOf(uint64_t key) {
  size_t first = (key >> 32 & (SLOTS / WAYS - 1)) * WAYS;
  return slots.slice(first, first + WAYS);
}

kj::Maybe<RulingCache::Ruling&> RulingCache::find(const AskerTableReader::Client& who,
                                                  std::string_view question, uint64_t answer,
                                                  uint64_t nowNs) {
  uint64_t key = keyOf(who.word.program, question);
  for (auto& slot : placesOf(key))
    if (slot.key == key && slot.generation == who.generation && slot.answer == answer &&
        slot.expiresNs > nowNs)
      return slot;
  return nullptr;
}

void RulingCache::store(const AskerTableReader::Client& who, std::string_view question,
                        uint64_t answer, std::shared_ptr<const Asker> asker, uint64_t nowNs) {
  uint64_t key = keyOf(who.word.program, question);
  auto places = placesOf(key);
  auto& slot = *std::min_element(places.begin(), places.end(), [key](auto& one, auto& other) {
    return std::tuple(one.key != key, one.expiresNs) <
           std::tuple(other.key != key, other.expiresNs);
  });
  slot.key = key;
  slot.generation = who.generation;
  slot.expiresNs = nowNs + LIFETIME_NS;
  slot.answer = answer;
  slot.asker = kj::mv(asker);
  slot.askedFor = slot.toldOf = who.word.process;
  slot.toldNs = nowNs;
}

void RulingCache::forgetAll() {
  for (auto& slot : slots) slot = Ruling();
}

}  // namespace portreeve::resolver
