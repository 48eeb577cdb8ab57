// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/ruling-cache.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/random.h>

namespace portreeve::resolver {

RulingCache::RulingCache() : slots(kj::heapArray<Ruling>(SLOTS)) {
  if (getrandom(secret, sizeof secret, 0) != sizeof secret) KJ_FAIL_SYSCALL("getrandom", errno);
}

uint64_t RulingCache::keyOf(const Tuple& client, std::string_view question) const {
  name_list::SuffixHash hash(secret);
  char end[19];
  memcpy(end, client.source.bytes.data(), 16);
  end[16] = char(client.sourcePort >> 8);
  end[17] = char(client.sourcePort);
  end[18] = char(client.protocol);
  hash.add({end, sizeof end});
  hash.add(question);
  return hash.fingerprint();
}

kj::Maybe<const RulingCache::Ruling&> RulingCache::find(uint64_t key, uint64_t answer,
                                                        uint64_t nowNs) const {
  auto& slot = slots[key >> 32 & (SLOTS - 1)];
  if (slot.key != key || slot.answer != answer || slot.expiresNs <= nowNs) return nullptr;
  return slot;
}

void RulingCache::store(uint64_t key, uint64_t answer, std::shared_ptr<const Asker> asker,
                        uint64_t nowNs) {
  slots[key >> 32 & (SLOTS - 1)] = Ruling{key, nowNs + LIFETIME_NS, answer, kj::mv(asker)};
}

void RulingCache::forgetAll() {
  for (auto& slot : slots) slot = Ruling();
}

}  // namespace portreeve::resolver
