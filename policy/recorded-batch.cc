// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/recorded-batch.h"

#include "policy/connection-view.h"
#include "policy/rules/rule.h"

namespace portreeve::policy {
namespace {

constexpr size_t DESCRIBED_BYTES = 160, PROGRESSED_BYTES = 32;  // about, without texts

proto::Direction wordFor(rules::Direction direction) {
  return direction == rules::Direction::IN ? proto::Direction::IN : proto::Direction::OUT;
}

}  // namespace

void RecordedBatch::describe(const Flow& flow) {
  described.add(&flow);
  placeOf(flow.process);
  KJ_IF_MAYBE (peer, flow.peer) placeOf(*peer);
  bytes += DESCRIBED_BYTES;
}

void RecordedBatch::progress(const Flow& flow) {
  progressed.add(&flow);
  bytes += PROGRESSED_BYTES;
}

uint32_t RecordedBatch::placeOf(const Party& party) {
  auto [found, isNew] = programPlaces.try_emplace(party.program.get(), uint32_t(programs.size()));
  if (isNew) {
    programs.add(&party);
    bytes += policy::roughBytes(*party.program);
  }
  return found->second;
}

uint32_t RecordedBatch::placeOf(kj::StringPtr text) {
  auto [found, isNew] =
      textPlaces.try_emplace(std::string_view(text.begin(), text.size()), uint32_t(texts.size()));
  if (isNew) texts.add(text);
  return found->second;
}

void RecordedBatch::fill(proto::ConnectionBatch::Described::Builder to, const Flow& flow) {
  to.setFlow(flow.id);
  to.setStarted(flow.startedNs);
  to.setEnded(flow.endedNs);
  to.setBytesIn(flow.bytesIn);
  to.setBytesOut(flow.bytesOut);
  to.setLocalUpper(flow.localAddress().upper());
  to.setLocalLower(flow.localAddress().lower());
  to.setRemoteUpper(flow.remoteAddress().upper());
  to.setRemoteLower(flow.remoteAddress().lower());
  to.setLocalPort(flow.localPort());
  to.setRemotePort(flow.remotePort());
  to.setProtocol(flow.tuple.protocol);
  to.setDirection(wordFor(flow.direction));
  to.setMethod(flow.process.method);
  to.setConfidence(flow.process.confidence);
  to.setVerdict(flow.judgement.verdict);
  to.setProgram(placeOf(flow.process));
  KJ_IF_MAYBE (peer, flow.peer) to.setPeer(placeOf(*peer));
  to.setRule(placeOf(flow.judgement.rule));
  to.setReason(placeOf(flow.judgement.origin));
  to.setDomain(placeOf(flow.judgement.domain));
  KJ_IF_MAYBE (source, flow.judgement.namedBy) to.setNamedBy(placeOf(rules::toText(*source)));
  to.setInterface(placeOf(flow.interface));
  to.setLoopback(flow.loopback);
  to.setEstablishedBefore(flow.establishedBefore);
  to.setIcmpType(flow.icmpType);
  to.setIcmpCode(flow.icmpCode);
  if (flow.names.empty()) return;
  auto names = to.initNames(uint(flow.names.size()));
  for (uint i = 0; i < names.size(); i++) {
    names[i].setName(placeOf(flow.names[i].name));
    names[i].setSource(placeOf(rules::toText(flow.names[i].source)));
  }
}

void RecordedBatch::fill(proto::ConnectionBatch::Builder to, const UserNames& users) {
  placeOf(""_kj);  // the first, which a field that was not set names
  auto all = to.initDescribed(uint(described.size()));
  for (uint i = 0; i < all.size(); i++) fill(all[i], *described[i]);
  auto some = to.initProgressed(uint(progressed.size()));
  for (uint i = 0; i < some.size(); i++) {
    some[i].setFlow(progressed[i]->id);
    some[i].setEnded(progressed[i]->endedNs);
    some[i].setBytesIn(progressed[i]->bytesIn);
    some[i].setBytesOut(progressed[i]->bytesOut);
  }
  auto who = to.initPrograms(uint(programs.size()));
  for (uint i = 0; i < who.size(); i++) policy::fill(who[i], *programs[i], users);
  auto said = to.initTexts(uint(texts.size()));
  for (uint i = 0; i < said.size(); i++) said.set(i, texts[i]);
}

}  // namespace portreeve::policy
