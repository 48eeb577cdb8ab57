// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to policy and words for it, gathered: what comes up within one turn of the event loop
// goes in one message.
#pragma once

#include "common/retold-table.h"
#include "resolver/message.h"
#include "resolver/name-memory.h"
#include "resolver/policy-link.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <memory>

namespace portreeve::resolver {

struct Ruling {
  bool refused = false;
  bool farAway = false;  // the name is to be asked of nobody on this side
  kj::String rule;       // that refuses
  std::shared_ptr<const Asker> asker;
};

class PolicyExchange final : private kj::TaskSet::ErrorHandler {
public:
  PolicyExchange(Judge& judge, NameMemory& memory, RetoldTableWriter& retold, kj::Timer& timer)
      : judge(judge), memory(memory), retold(retold), timer(timer), tasks(*this) {}
  KJ_DISALLOW_COPY(PolicyExchange);

  kj::Promise<Ruling> mayAsk(const Tuple& client, const Question& question);
  // Waits for a policy that is away; asks again when it goes meanwhile. May take for ever.

  kj::Promise<void> tell(GivenName name);
  // Remembers it (not where it has no address), and resolves when the words are in policy's socket:
  // whatever is sent afterwards comes later. Without policy at once; it is told again what is
  // remembered. Never rejects.

  void tellSoon(GivenName name, uint32_t process);
  // The same for a name that a process (by its word in policy's table) is given again: told within
  // TELLING_AGAIN, and ahead of whatever is told meanwhile.
  static constexpr auto TELLING_AGAIN = 50 * kj::MILLISECONDS;

private:
  struct Waiting {
    Tuple client;
    kj::String name;
    uint16_t type;
    kj::Own<kj::PromiseFulfiller<Ruling>> fulfiller;
  };
  using Questions = kj::Vector<Waiting>;

  Judge& judge;
  NameMemory& memory;
  RetoldTableWriter& retold;
  kj::Timer& timer;
  Questions questions;
  kj::Vector<kj::Own<GivenName>> words;
  kj::Vector<kj::Own<GivenName>> again;  // ahead of `words`
  kj::Maybe<kj::ForkedPromise<void>> telling;
  bool oneByOne = false;  // this policy knows no mayAskAll
  kj::TaskSet tasks;      // last: what runs in it uses the rest

  kj::Promise<void> askGathered();
  kj::Promise<void> askAll(proto::NameJudge::Client judge, Questions gathered);
  kj::Promise<void> askEach(proto::NameJudge::Client judge, Questions gathered);
  kj::Promise<void> askOne(Waiting waiting);
  kj::Promise<Ruling> askUntilAnswered(Waiting& waiting);
  kj::Promise<void> tellGathered();
  kj::Promise<void> send(proto::NameJudge::Client& to, kj::ArrayPtr<const kj::Own<GivenName>> names,
                         uint64_t retoldUpTo);
  void remember(const GivenName& name);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::resolver
