// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/held-packets.h"

namespace portreeve::policy {
namespace {

bool isNamed(const Program& program) {
  return program.kind != rules::ProcessKind::UNKNOWN;
}

}  // namespace

bool HeldPackets::knows(const Arrival& arrival) {
  if (packets.empty()) return false;
  auto found = packets.find(arrival.id);
  if (found == packets.end()) return false;
  auto& known = found->second.arrival.process;
  if (isNamed(*arrival.process.program) || !isNamed(*known.program)) {
    known = copy(arrival.process);
    found->second.arrival.peer = copy(arrival.peer);
  }
  settler.settle(arrival.id, proto::Verdict::ASK);
  return true;
}

bool HeldPackets::hasRoomFor(const Flow& flow, bool ofReceiver) const {
  if (packets.size() >= MOST) return false;
  auto& asker = subjectOf(flow, ofReceiver);
  size_t ofUser = 0, ofProgram = 0, ofConnection = 0;
  for (auto& entry : packets) {
    auto& other = subjectOf(entry.second.flow, entry.second.ofReceiver);
    ofUser += other.program->uid.orDefault(~0u) == asker.program->uid.orDefault(~0u);
    ofProgram += sameAsker(other, asker);
    ofConnection += entry.second.flow.tuple == flow.tuple;
  }
  return ofUser < MOST_OF_USER && ofProgram < MOST_OF_PROGRAM && ofConnection < MOST_OF_CONNECTION;
}

void HeldPackets::add(HeldPacket packet) {
  for (auto known = packets.begin(); known != packets.end();) {
    bool same = packet.arrival.isTcp() && known->second.flow.tuple == packet.flow.tuple;
    if (!same) {
      ++known;
      continue;
    }
    packet.sinceNs = kj::min(packet.sinceNs, known->second.sinceNs);
    known = packets.erase(known);
  }
  uint64_t id = packet.arrival.id;
  packets.emplace(id, kj::mv(packet));
  settler.settle(id, proto::Verdict::ASK);
}

void HeldPackets::renew() {
  for (auto& entry : packets) settler.settle(entry.first, proto::Verdict::ASK);
  settler.flush();
}

kj::Vector<Arrival> HeldPackets::take(kj::FunctionParam<bool(const HeldPacket&)> wanted) {
  kj::Vector<Arrival> taken;
  for (auto packet = packets.begin(); packet != packets.end();) {
    if (!wanted(packet->second)) {
      ++packet;
      continue;
    }
    taken.add(kj::mv(packet->second.arrival));
    packet = packets.erase(packet);
  }
  return taken;
}

size_t HeldPackets::countOf(uint64_t question) const {
  size_t count = 0;
  for (auto& entry : packets) count += entry.second.question == question;
  return count;
}

kj::Maybe<uint64_t> HeldPackets::newestOf(uint64_t question) const {
  kj::Maybe<uint64_t> newest;
  for (auto& entry : packets)
    if (entry.second.question == question)
      newest = kj::max(newest.orDefault(0), entry.second.sinceNs);
  return newest;
}

}  // namespace portreeve::policy
