// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/caching-names.h"

#include "common/clock.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

Lookup lookupOf(std::string_view key) {
  // What cacheKey made of it.
  Lookup lookup;
  auto flags = uint8_t(key.back());
  lookup.dnssecOk = (flags & 1) != 0;
  lookup.checkingDisabled = (flags & 2) != 0;
  auto octets = kj::arrayPtr(reinterpret_cast<const kj::byte*>(key.data()), key.size() - 1);
  WireReader reader(octets);
  lookup.question.name = KJ_ASSERT_NONNULL(Name::decode(reader));
  lookup.question.type = reader.u16();
  return lookup;
}

bool failed(const PreparedAnswer& answer) {
  return answer.rcode == RCODE_SERVFAIL && answer.error != nullptr;
}

bool isNetworkFailure(const PreparedAnswer& answer) {
  // A bogus answer is no reason to give an older one.
  KJ_IF_MAYBE (error, answer.error) return error->code != ExtendedError::DNSSEC_BOGUS;
  return false;
}

}  // namespace

kj::Maybe<Found> CachingNames::known(std::string_view key, uint64_t nowNs) {
  KJ_IF_MAYBE (entry, cached.find(key)) {
    if (!entry->fresh(nowNs)) return nullptr;
    entry->uses++;
    if (entry->worthRefreshing(nowNs)) refresh(*entry);
    return Found{entry->answer, entry->age(nowNs), false, true, entry->serial};
  }
  return nullptr;
}

kj::Promise<Found> CachingNames::find(const Lookup& lookup) {
  auto key = cacheKey(lookup.question, lookup.dnssecOk, lookup.checkingDisabled);
  KJ_IF_MAYBE (found, known(key, monotonicNs())) {
    counts.hits++;
    return kj::mv(*found);
  }
  auto asked = ask(key, lookup);
  KJ_IF_MAYBE (entry, cached.find(key)) {
    if (!serveStale || entry->expiresNs + AnswerCache::KEPT_STALE_NS < monotonicNs()) return asked;
    // The question goes on behind the stale answer.
    if (source.isDown(lookup.question.name)) {
      tasks.add(asked.ignoreResult());
      return KJ_ASSERT_NONNULL(staleAnswer(key));
    }
    auto late = timer.afterDelay(STALE_AFTER).then([this, key]() -> kj::Promise<Found> {
      KJ_IF_MAYBE (stale, staleAnswer(key)) return kj::mv(*stale);
      return kj::NEVER_DONE;
    });
    return asked.exclusiveJoin(kj::mv(late));
  }
  return asked;
}

kj::Promise<Found> CachingNames::findAnew(const Lookup& lookup) {
  return ask(cacheKey(lookup.question, lookup.dnssecOk, lookup.checkingDisabled), lookup);
}

kj::Promise<Found> CachingNames::ask(const std::string& key, const Lookup& lookup) {
  counts.misses++;
  return fetch(key, lookup).then([this, key](Prepared answer) -> Found {
    if (failed(*answer) && isNetworkFailure(*answer))
      KJ_IF_MAYBE (stale, staleAnswer(key)) return kj::mv(*stale);
    uint64_t serial = 0;
    KJ_IF_MAYBE (entry, cached.find(key))
      if (entry->answer == answer) serial = entry->serial;
    return {kj::mv(answer), 0, false, false, serial};
  });
}

kj::Promise<Prepared> CachingNames::fetch(const std::string& key, const Lookup& lookup) {
  auto found = underWay.find(key);
  if (found != underWay.end()) return found->second.addBranch();
  auto shared = source.resolve(lookup)
                    .then(
                        [this, key, lookup](Resolved&& resolved) {
                          // Whoever asks from here on asks anew, or finds it in the cache.
                          underWay.erase(key);
                          auto answer = prepare(lookup.question, lookup.dnssecOk, resolved.answer,
                                                kj::mv(resolved.error));
                          cached.store(key, answer, monotonicNs());
                          return answer;
                        },
                        [this, key](kj::Exception&& e) -> Prepared {
                          underWay.erase(key);
                          kj::throwFatalException(kj::mv(e));
                        })
                    .fork();
  auto branch = shared.addBranch();
  // Also when nobody waits any more: the answer is worth keeping.
  tasks.add(shared.addBranch().ignoreResult());
  underWay.emplace(key, kj::mv(shared));
  return branch;
}

void CachingNames::refresh(AnswerCache::Entry& entry) {
  entry.refreshing = true;
  counts.refreshed++;
  // Within known() the entry must stay: the source may answer at once.
  tasks.add(kj::evalLater(
      [this, key = entry.key]() { return fetch(key, lookupOf(key)).ignoreResult(); }));
}

kj::Maybe<Found> CachingNames::staleAnswer(std::string_view key) {
  uint64_t now = monotonicNs();
  if (!serveStale) return nullptr;
  KJ_IF_MAYBE (entry, cached.find(key)) {
    if (entry->expiresNs + AnswerCache::KEPT_STALE_NS < now) return nullptr;
    counts.stale++;
    return Found{entry->answer, entry->age(now), !entry->fresh(now), true, entry->serial};
  }
  return nullptr;
}

void CachingNames::taskFailed(kj::Exception&& e) {
  log::exception("resolving a name", e);
}

}  // namespace portreeve::resolver
