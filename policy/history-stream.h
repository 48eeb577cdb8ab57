// SPDX-License-Identifier: GPL-3.0-or-later
// What policy tells the historian: each connection that is new, changed or has ended, and each name
// that was asked for. All of it behind the verdict: nothing here waits for the historian, and what
// is kept for one that is away or slow is bounded.
//
// Connections wait as ids, each once however often it changes, and are looked up when their turn
// comes: one that was described before, and of which only bytes and end are new, is told as that.
// What was sent stays here until the historian says that it is on the disk; when it goes before
// that, it is sent again. What was forgotten before its turn came is told as a number.
#pragma once

#include "common/accounts.h"
#include "policy/flow-table.h"
#include "policy/prompts/prompt-watchers.h"
#include "policy/recorded-batch.h"
#include "proto/history.capnp.h"

#include <capnp/message.h>
#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>
#include <deque>
#include <unordered_set>

namespace portreeve::policy {

class HistoryStream final : private FlowObserver, private kj::TaskSet::ErrorHandler {
public:
  static constexpr size_t BATCH = 128;          // connections or questions in one message
  static constexpr size_t WINDOW = 32;          // messages that are not answered yet
  static constexpr size_t MOST_FLOWS = 80'000;  // ids that wait: more than the table holds
  static constexpr size_t MOST_QUESTIONS = 10'000;
  static constexpr size_t MOST_PROMPTS = 2048;
  static constexpr kj::Duration PAUSE = 50 * kj::MILLISECONDS;  // what is short is told once
  static constexpr kj::Duration HURRY = 5 * kj::MILLISECONDS;   // while a whole batch waits

  struct Wanted {
    bool connections = true;
    bool queries = true;
  };

  HistoryStream(FlowTable& flows, const UserNames& users, kj::Timer& timer, Wanted wanted,
                uint64_t life);
  // `life`: differs for each start of policy.
  ~HistoryStream() noexcept(false);
  KJ_DISALLOW_COPY(HistoryStream);

  bool wanted() const { return want.connections; }
  uint64_t life() const { return ownLife; }

  proto::Recording::Client record(proto::Recorder::Client recorder);
  // From now on to this one alone. Ends when the Recording is dropped.

  void asked(const Program& asker, kj::StringPtr name, uint16_t type, bool refused,
             kj::StringPtr rule);
  // Somebody asked the resolver for `name` (type: IANA).

  void prompted(const Question& prompt, const Closed* how);
  // A person is asked (how: nullptr), or the question is closed.

  bool recording() const { return recorder != nullptr; }
  size_t waitingCount() const { return queue.size() + questions.size(); }
  uint64_t missedCount() const { return missedEver; }

private:
  class Held;
  struct NameQuestion {
    uint64_t time;  // ns, wall clock
    kj::String name, rule, program, user;
    uint32_t uid;
    uint16_t type;
    bool refused;
  };
  struct Missed {
    uint64_t connections = 0, queries = 0;
  };
  using Ids = kj::Array<uint64_t>;

  FlowTable& flows;
  const UserNames& users;
  kj::Timer& timer;
  Wanted want;
  uint64_t ownLife;
  kj::Maybe<proto::Recorder::Client> recorder;
  uint64_t generation = 0;  // of the recorder: what an older one answers says nothing of this one
  std::deque<uint64_t> queue;
  std::unordered_set<uint64_t> waiting;  // the same
  std::unordered_set<uint64_t> described;
  // Open flows of which this recorder has all but bytes and end, as it is on its way to it.
  std::deque<NameQuestion> questions;
  using Prompt = kj::Own<capnp::MallocMessageBuilder>;  // proto::PromptRecord
  std::deque<Prompt> prompts;
  Missed missed;
  uint64_t missedEver = 0;
  size_t inFlight = 0;
  bool sending = false;
  kj::TaskSet tasks;  // last: destroyed first

  void flowChanged(const Flow& flow) override;
  void flowProgressed(const Flow& flow) override;
  void taskFailed(kj::Exception&& e) override;
  void push(uint64_t id);
  void miss(uint64_t connections, uint64_t queries);
  bool somethingWaits() const;
  void start();
  kj::Promise<void> send(uint64_t of);
  void sendMissed(proto::Recorder::Client& to);
  void sendConnections(proto::Recorder::Client& to);
  void sendQuestions(proto::Recorder::Client& to);
  void sendPrompts(proto::Recorder::Client& to);
  Ids takeConnections(RecordedBatch& batch);
  void sayOf(const Flow& flow, RecordedBatch& batch);
  void track(kj::Promise<void> answer, Missed worth, kj::Function<void()> undo);
  void stop(uint64_t of);
};

}  // namespace portreeve::policy
