// SPDX-License-Identifier: GPL-3.0-or-later
// The judge: takes attributed packets, finds or makes their flow, decides, and settles, one batch
// of verdicts for each batch of packets. Observers are told behind the verdict.
//
// A packet of a flow that is known (a retransmission, one that is asked about each time, an answer)
// is judged by the rules as they are now and adds no flow. A malformed packet is dropped for the
// moment. A fragment that is not the first has no ports: operands over ports do not match it, and
// its verdict is for itself alone. (The kernel puts fragments together before we see them.) A
// packet that a person is asked about is Asking's until it is resumed; its flow begins with its
// verdict.
#pragma once

#include "common/latency.h"
#include "policy/arrival.h"
#include "policy/askers.h"
#include "policy/deciding.h"
#include "policy/earlier-sessions.h"
#include "policy/flow-table.h"
#include "policy/kernel-acts.h"
#include "policy/late-ends.h"
#include "policy/name-lookups.h"
#include "policy/program-cache.h"
#include "policy/prompts/asking.h"
#include "policy/self-probe.h"
#include "policy/settle-arrow.h"
#include "policy/transient-flows.h"
#include "proto/ring.capnp.h"

#include <kj/async.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::policy {

struct JudgeParts {
  // All outlive the judge.
  ProgramCache& programs;
  FlowTable& flows;
  TransientFlows& transient;
  LateEnds& lateEnds;
  Headings& headings;
  Askers& askers;
  NameLookups& lookups;
  Deciding& deciding;
  Settler& settler;
  KernelActs& kernel;
  EarlierSessions& earlier;
  SelfProbe& probe;
  Asking& asking;
};

class Judge final : private kj::TaskSet::ErrorHandler {
public:
  struct Counters {
    uint64_t packets = 0;
    uint64_t flows = 0;  // new ones
    uint64_t again = 0;  // packets of flows that were known
    uint64_t malformed = 0;
    uint64_t fragments = 0;
    uint64_t waitedForName = 0;
    uint64_t unnamed = 0;     // decided for this packet alone: nobody could say whose it is, or
                              // what its file holds
    uint64_t restarted = 0;   // flows that had to begin anew to be turned (1717, 1799)
    uint64_t verdicts[10]{};  // by proto::Verdict
  };

  static constexpr size_t MOST_WAITING =
      4096;  // packets that wait for a name; past it they are judged without

  Judge(kj::Timer& timer, JudgeParts parts);
  void onLearned(kj::Function<void()> call) { learned = kj::mv(call); }
  // Called when more is known of a process that has flows, and rules ask for it.
  KJ_DISALLOW_COPY(Judge);

  void receive(proto::AttributedBatch::Reader batch);

  void resume(Arrival&& arrival);
  // One that was handed to Asking: its question has an answer, or none in time. It is judged anew.

  const Counters& counters() const { return counts; }
  const Latency& attribution() const { return attributing; }  // read until attributed
  const Latency& judging() const { return judged; }           // from there until settled
  size_t waiting() const { return held; }

private:
  kj::Timer& timer;
  JudgeParts parts;
  Counters counts;
  Latency attributing, judged;
  size_t held = 0;
  kj::Function<void()> learned;
  kj::Vector<uint64_t> toTell;  // flows that changed within this batch
  kj::TaskSet tasks;

  enum class Names { ASK, ASKED };

  void take(Arrival&& arrival, Names names);
  void finishBatch();

  Flow* flowOf(const Arrival& arrival, bool& against);
  bool belongs(const Flow& flow, const Arrival& arrival, bool against) const;
  Flow newFlow(const Arrival& arrival) const;
  void judgeNew(Arrival&& arrival, Names names);
  void judgeAgain(Flow& flow, Arrival&& arrival, bool against);
  bool asks(Flow& flow, Arrival& arrival);
  void askAgain(Flow& flow, Arrival&& arrival);
  void judgeFragment(const Arrival& arrival);
  bool waitsForName(const Flow& flow, Arrival& arrival);
  bool isForTheMoment(const Flow& flow, const Arrival& arrival, uint64_t nowWallNs);
  void learn(proto::Process::Reader process);
  void settle(const Arrival& arrival, proto::Verdict verdict, bool forTheMoment = false);
  void restart(Flow& flow, const Arrival& arrival);
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::policy
