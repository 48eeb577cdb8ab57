// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/question.h"

namespace portreeve::policy {
namespace {

using rules::ProcessKind;

ProcessKind asOneKind(ProcessKind kind) {
  // Its file was replaced meanwhile, or that was noticed.
  return kind == ProcessKind::REPLACED ? ProcessKind::PROGRAM : kind;
}

}  // namespace

Destination Destination::of(const Flow& flow, bool ofReceiver) {
  if (ofReceiver) return {flow.localAddress(), flow.remotePort(), flow.tuple.protocol};
  bool out = flow.direction == rules::Direction::OUT;
  return {flow.remoteAddress(), out ? flow.remotePort() : flow.localPort(), flow.tuple.protocol};
}

const Party& subjectOf(const Flow& flow, bool ofReceiver) {
  if (ofReceiver) {
    KJ_IF_MAYBE (peer, flow.peer) return *peer;
  }
  return flow.process;
}

const Party& Question::subject() const {
  return subjectOf(flow, ofReceiver);
}

bool Question::covers(const Flow& other, bool otherOfReceiver) const {
  return ofReceiver == otherOfReceiver && flow.direction == other.direction &&
         sameAsker(subject(), subjectOf(other, otherOfReceiver)) &&
         (everything || sameHost(flow, other));
}

void Question::count(const Flow& other, uint64_t nowWallNs) {
  lastNs = nowWallNs;
  if (connections > 0 && latest == other.tuple) return;
  connections++;
  latest = other.tuple;
  auto there = Destination::of(other, ofReceiver);
  if (there == destination() || more.size() >= MOST_DESTINATIONS) return;
  for (auto& known : more)
    if (known == there) return;
  more.add(there);
}

bool sameAsker(const Party& a, const Party& b) {
  auto& one = *a.program;
  auto& other = *b.program;
  if (asOneKind(one.kind) != asOneKind(other.kind) ||
      one.uid.orDefault(~0u) != other.uid.orDefault(~0u))
    return false;
  if (one.path != other.path) return false;
  return one.path.size() > 0 || (one.pid == other.pid && one.startTicks == other.startTicks);
}

bool sameHost(const Flow& a, const Flow& b) {
  if (a.direction != b.direction) return false;
  auto& name = a.judgement.domain;
  if (name.size() > 0 && name == b.judgement.domain) return true;
  return a.remoteAddress() == b.remoteAddress();
}

Flow copyOf(const Flow& flow) {
  Flow copied;
  copied.tuple = flow.tuple;
  copied.direction = flow.direction;
  copied.loopback = flow.loopback;
  copied.establishedBefore = flow.establishedBefore;
  copied.icmpType = flow.icmpType;
  copied.icmpCode = flow.icmpCode;
  copied.interface = kj::str(flow.interface);
  copied.process = copy(flow.process);
  copied.peer = copy(flow.peer);
  for (auto& name : flow.names) copied.names.add(FlowName{kj::str(name.name), name.source});
  auto& judgement = flow.judgement;
  copied.judgement =
      Judgement{judgement.verdict, kj::str(judgement.rule), kj::str(judgement.origin),
                kj::str(judgement.domain), judgement.namedBy};
  copied.startedNs = flow.startedNs;
  copied.lastSeenNs = flow.lastSeenNs;
  return copied;
}

}  // namespace portreeve::policy
