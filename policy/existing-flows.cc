// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/existing-flows.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/marks.h"
#include "policy/askers.h"
#include "policy/kernel-watcher.h"

#include <unordered_map>

namespace portreeve::policy {
namespace {

struct Sighting {
  KnownSockets known;
  std::unordered_map<Tuple, TrackedEntry, TupleHash> entries;  // by the flow's tuple
  EarlierSessions& earlier;

  void see(const TrackedEntry& entry) {
    KJ_IF_MAYBE (flow, known.find(entry.tuple)) {
      takeBytes(*flow, entry);
      entries.emplace(flow->tuple, entry);
    } else if (entry.assured && entry.tuple.protocol == PROTOCOL_UDP && !isDnsQuery(entry.tuple)) {
      earlier.add(entry.tuple, monotonicNs());
    }
  }
};

bool mayMark(uint32_t mark) {
  // Another program's mark is left alone; its packets are asked about.
  return mark == 0 || isPermanent(verdictOf(mark));
}

}  // namespace

void addExisting(capnp::List<proto::Attributed>::Reader existing, ProgramCache& programs,
                 Headings& headings, KnownSockets& known) {
  for (auto reader : existing) {
    auto arrival = Arrival::from(reader, programs);
    headings.note(arrival);
    Flow flow;
    flow.tuple = arrival.tuple;
    flow.direction =
        arrival.hook == proto::Hook::INPUT ? rules::Direction::IN : rules::Direction::OUT;
    flow.loopback = arrival.loopback;
    flow.interface = kj::mv(arrival.interface);
    flow.process = kj::mv(arrival.process);
    flow.peer = kj::mv(arrival.peer);
    flow.startedNs = wallNs();
    flow.lastSeenNs = monotonicNs();
    known.add(kj::mv(flow));
  }
}

kj::Promise<void> judgeExisting(KnownSockets known, FlowTable& flows, Deciding& deciding,
                                ConntrackWalk& walk, KernelActs& kernel, EarlierSessions& earlier) {
  auto sighting = kj::heap(Sighting{kj::mv(known), {}, earlier});
  auto listed = walk.listEach([&seen = *sighting](const TrackedEntry& entry) { seen.see(entry); });
  return listed.then([&flows, &deciding, &kernel, sighting = kj::mv(sighting)]() mutable {
    kj::Vector<Tuple> toTurn;
    kj::Vector<MarkChange> marks;
    for (auto& flow : sighting->known.takeAll()) {
      auto entry = sighting->entries.find(flow.tuple);
      bool hasEntry = entry != sighting->entries.end();
      if (bypassesResolver(flow)) {
        toTurn.add(flow.tuple);
        continue;
      }
      flow.establishedBefore = true;
      if (flows.findOpen(flow.tuple) != nullptr) continue;
      Flow& kept = flows.add(kj::mv(flow));
      deciding.decide(kept, wallNs());
      auto verdict = kept.judgement.verdict;
      if (hasEntry && mayMark(entry->second.mark) && isPermanent(verdict)) {
        marks.add(MarkChange{entry->second.tuple, markOf(verdict)});
        kept.tracked = true;
      }
      flows.changed(kept);
    }
    log::info(kj::str(flows.openCount(), " connections exist already; of ", marks.size(),
                      " conntrack knows, ", toTurn.size(), " to other name servers are turned"));
    auto marked = kernel.setMarks(kj::mv(marks));
    auto deleted = kernel.deleteEntries(kj::mv(toTurn));
    return marked.ignoreResult().then(
        [deleted = kj::mv(deleted)]() mutable { return deleted.ignoreResult(); });
  });
}

ExistingFlows::ExistingFlows(Parts parts, AttributorLink& attributor)
    : parts(parts), attributor(attributor) {}

kj::Promise<void> ExistingFlows::begin(bool rulesPresent) {
  return list().then([this, rulesPresent](KnownSockets&& known) {
    if (rulesPresent) return parts.walk.restore(kj::mv(known));
    return judgeExisting(kj::mv(known), parts.flows, parts.deciding, parts.walk, parts.kernel,
                         parts.earlier);
  });
}

kj::Promise<KnownSockets> ExistingFlows::list() {
  auto known = kj::heap<KnownSockets>();
  auto listed = listFrom(0, *known);
  return listed.then([known = kj::mv(known)]() mutable { return kj::mv(*known); });
}

kj::Promise<void> ExistingFlows::listFrom(uint64_t after, KnownSockets& known) {
  return attributor.existing(after).then(
      [this, &known](AttributorLink::Existing&& answer) -> kj::Promise<void> {
        addExisting(answer.getFlows(), parts.programs, parts.headings, known);
        if (answer.getNext() == 0) return kj::READY_NOW;
        return listFrom(answer.getNext(), known);
      });
}

}  // namespace portreeve::policy
