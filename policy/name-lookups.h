// SPDX-License-Identifier: GPL-3.0-or-later
// Asking the resolver back for the names of an address that none is known for. What it answered to
// a program is on its way to us before the program can connect, so whoever asks here after seeing
// the packet knows all that there is. Each wait is bounded: a verdict without a name is better than
// none.
#pragma once

#include "common/address.h"
#include "common/retold-table.h"
#include "policy/askers.h"
#include "policy/name-table.h"
#include "proto/policy.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>
#include <unordered_map>

namespace portreeve::policy {

class NameLookups final : private kj::TaskSet::ErrorHandler {
public:
  NameLookups(kj::Timer& timer, NameTable& names, Askers& askers);
  KJ_DISALLOW_COPY(NameLookups);

  void offered(proto::NameLookup::Client client, kj::Maybe<int> retoldTable);
  // By a resolver that has told all it remembers. Replaces the one before. Throws FAILED where
  // the descriptor is of no RetoldTable.
  void toldUpTo(uint64_t number);

  bool mayBeBehind(const Program& program) const;
  // It was given a name again that we have not been told of yet.

  kj::Promise<void> fetch(const Address& address);
  // Resolves when what the resolver knows is in the table, after 100 ms at the latest. In the first
  // seconds of our life it waits up to a second for the resolver to come. Never rejects. Several
  // for one address share one question.

  uint64_t asked() const { return questions; }
  uint64_t timedOut() const { return late; }

private:
  kj::Timer& timer;
  NameTable& names;
  Askers& askers;
  kj::TimePoint started;
  kj::Maybe<proto::NameLookup::Client> lookup;
  kj::Maybe<kj::Own<RetoldTableReader>> retold;
  uint64_t told = 0;
  bool everOffered = false;
  kj::Own<kj::PromiseFulfiller<void>> coming;
  kj::ForkedPromise<void> came;
  struct HashAddress {
    size_t operator()(const Address& address) const { return address.hashCode(); }
  };
  std::unordered_map<Address, kj::ForkedPromise<void>, HashAddress> underWay;
  uint64_t questions = 0;
  uint64_t late = 0;
  kj::TaskSet tasks;  // last: destroyed first

  NameLookups(kj::Timer& timer, NameTable& names, Askers& askers,
              kj::PromiseFulfillerPair<void> pair);
  bool resolverMayCome() const;
  kj::Promise<void> ask(const Address& address);
  void failed(const kj::Exception& e);
  void taskFailed(kj::Exception&& e) override;
  void learn(capnp::List<proto::NameAnswer>::Reader answers);
};

void rememberAnswer(NameTable& names, Askers& askers, proto::NameAnswer::Reader answer);
// For the process behind its client; else for whoever was said to be it; else for somebody unknown.

}  // namespace portreeve::policy
