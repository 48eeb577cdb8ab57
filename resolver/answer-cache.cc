// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/answer-cache.h"

namespace portreeve::resolver {
namespace {

// What an entry costs besides its octets: list and hash nodes, allocator overhead, the struct.
constexpr size_t OVERHEAD = 420;

}  // namespace

std::string cacheKey(const Question& question, bool dnssecOk, bool checkingDisabled) {
  auto key = question.name.lowerCaseWire();
  key.push_back(char(question.type >> 8));
  key.push_back(char(question.type));
  key.push_back(char((dnssecOk ? 1 : 0) | (checkingDisabled ? 2 : 0)));
  return key;
}

bool AnswerCache::Entry::worthRefreshing(uint64_t nowNs) const {
  return uses > 1 && !refreshing && nowNs + (expiresNs - storedNs) / 10 > expiresNs;
}

kj::Maybe<AnswerCache::Entry&> AnswerCache::find(std::string_view key) {
  auto found = index.find(key);
  if (found == index.end()) return nullptr;
  auto entry = found->second;
  // A popular one need not be moved to the front each time.
  if ((entry->uses & 7) == 0 && entry != entries.begin())
    entries.splice(entries.begin(), entries, entry);
  return *entry;
}

void AnswerCache::store(std::string key, Prepared answer, uint64_t nowNs) {
  if (answer->ttl == 0) return;
  auto known = index.find(key);
  if (known != index.end()) erase(known->second);
  uint64_t expires = nowNs + answer->ttl * 1000000000ull;
  entries.push_front(Entry{kj::mv(key), kj::mv(answer), nowNs, expires, ++serials});
  index.emplace(entries.front().key, entries.begin());
  used += costOf(entries.front());
  while (used > capacity ||
         (entries.size() > 1 && entries.back().expiresNs + KEPT_STALE_NS < nowNs))
    erase(std::prev(entries.end()));
}

size_t AnswerCache::flush(kj::Maybe<const Name&> below) {
  size_t before = entries.size();
  for (auto entry = entries.begin(); entry != entries.end();) {
    auto next = std::next(entry);
    bool wanted = true;
    KJ_IF_MAYBE (name, below) {
      // The zone's octets end the name's, at the start of a label.
      std::string_view wire(entry->key.data(), entry->key.size() - 3);
      auto zone = name->lowerCaseWire();
      wanted = false;
      for (size_t at = 0; at < wire.size() && !wanted; at += 1 + size_t(uint8_t(wire[at])))
        wanted = wire.substr(at) == zone;
    }
    if (wanted) erase(entry);
    entry = next;
  }
  return before - entries.size();
}

void AnswerCache::forEach(kj::FunctionParam<bool(const Entry&)> look) const {
  for (auto& entry : entries)
    if (!look(entry)) return;
}

size_t AnswerCache::costOf(const Entry& entry) {
  auto& answer = *entry.answer;
  size_t cost = OVERHEAD + entry.key.size() + answer.wire.size() +
                answer.ttlsAt.size() * sizeof(uint16_t) +
                answer.given.addresses.size() * sizeof(Address);
  for (auto& target : answer.given.chain) cost += sizeof(Name) + target.wire().size();
  for (auto& target : answer.chain) cost += sizeof(std::string) + target.size();
  return cost;
}

void AnswerCache::erase(Entries::iterator entry) {
  used -= costOf(*entry);
  index.erase(entry->key);
  entries.erase(entry);
}

}  // namespace portreeve::resolver
