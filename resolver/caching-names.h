// SPDX-License-Identifier: GPL-3.0-or-later
// A source of names behind the answer cache: equal questions are asked once, popular answers again
// before they end, and old ones are given while nobody can be asked (RFC 8767).
#pragma once

#include "resolver/answer-cache.h"
#include "resolver/name-source.h"

#include <kj/async.h>
#include <kj/timer.h>

#include <string>
#include <unordered_map>

namespace portreeve::resolver {

struct Found {
  Prepared answer;
  uint32_t age = 0;     // seconds since it was stored
  bool stale = false;   // past its TTL
  bool cached = false;  // nobody was asked for it
  uint64_t serial = 0;  // of the cache's entry; 0: it is not in the cache
};

class CachingNames final : private kj::TaskSet::ErrorHandler {
public:
  static constexpr uint32_t STALE_TTL = 30;                     // RFC 8767, 4
  static constexpr auto STALE_AFTER = 1800 * kj::MILLISECONDS;  // RFC 8767, 5

  struct Counters {
    uint64_t hits = 0, misses = 0, refreshed = 0, stale = 0;
  };

  CachingNames(NameSource& source, kj::Timer& timer, size_t capacity = AnswerCache::CAPACITY,
               bool serveStale = true)
      : source(source), timer(timer), cached(capacity), serveStale(serveStale), tasks(*this) {}
  KJ_DISALLOW_COPY(CachingNames);

  kj::Maybe<Found> known(std::string_view key, uint64_t nowNs);
  // A fresh answer, at once. One that many ask for is asked for again behind it. Counted by
  // `countHit` if it was of use.
  void countHit() { counts.hits++; }

  kj::Promise<Found> find(const Lookup& lookup);
  // From the cache, or the source. When the source fails or is slow, a stale one if there is any.

  kj::Promise<Found> findAnew(const Lookup& lookup);
  // From the source, whatever the cache holds. When it fails, what the cache holds.

  AnswerCache& cache() { return cached; }
  const Counters& counters() const { return counts; }

private:
  using Shared = kj::ForkedPromise<Prepared>;

  NameSource& source;
  kj::Timer& timer;
  AnswerCache cached;
  bool serveStale;
  Counters counts;
  std::unordered_map<std::string, Shared> underWay;
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  kj::Promise<Found> ask(const std::string& key, const Lookup& lookup);
  kj::Promise<Prepared> fetch(const std::string& key, const Lookup& lookup);
  void refresh(AnswerCache::Entry& entry);
  kj::Maybe<Found> staleAnswer(std::string_view key);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
