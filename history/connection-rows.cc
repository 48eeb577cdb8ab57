// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/connection-rows.h"

#include "common/address.h"
#include "common/marks.h"
#include "common/process-words.h"
#include "history/row.h"

#include <kj/debug.h>

namespace portreeve::history {
namespace {

constexpr uint32_t NONE = 0xffffffff;

int64_t inMs(uint64_t ns) {
  return int64_t(ns / 1'000'000);
}

kj::ArrayPtr<const kj::byte> bytesOf(const Address& address) {
  return {address.bytes.data(), address.bytes.size()};
}

}  // namespace

ConnectionRows::ConnectionRows(Database& database, Dictionary& dictionary)
    : dictionary(dictionary),
      describe(database, PUT_CONNECTION),
      progress(database, PROGRESS_CONNECTION) {}

void ConnectionRows::put(int64_t firstId, proto::ConnectionBatch::Reader batch) {
  learn(batch);
  for (auto one : batch.getDescribed()) put(firstId, one, batch.getTexts());
  for (auto one : batch.getProgressed()) put(firstId, one);
}

void ConnectionRows::learn(proto::ConnectionBatch::Reader batch) {
  texts.clear();
  programs.clear();
  for (auto text : batch.getTexts()) texts.add(dictionary.textId(text));
  for (auto program : batch.getPrograms())
    programs.add(KnownProgram{dictionary.programId(program),
                              dictionary.executableId(program.getPath()),
                              dictionary.parentsId(program), program.getPid(), program.getUid()});
}

int64_t ConnectionRows::textAt(uint32_t index) const {
  KJ_REQUIRE(index < texts.size(), "no such text in this batch", index, texts.size());
  return texts[index];
}

const ConnectionRows::KnownProgram& ConnectionRows::programAt(uint32_t index) const {
  KJ_REQUIRE(index < programs.size(), "no such program in this batch", index, programs.size());
  return programs[index];
}

int64_t ConnectionRows::namesOf(proto::ConnectionBatch::Described::Reader one,
                                capnp::List<capnp::Text>::Reader said) {
  if (!one.hasNames()) return 0;
  kj::Vector<kj::String> lines;
  for (auto name : one.getNames()) {
    textAt(name.getName());
    textAt(name.getSource());
    lines.add(kj::str(said[name.getSource()], ' ', said[name.getName()]));
  }
  return dictionary.textId(kj::strArray(lines, "\n"));
}

void ConnectionRows::put(int64_t firstId, proto::ConnectionBatch::Described::Reader one,
                         capnp::List<capnp::Text>::Reader said) {
  auto local = Address::fromHalves(one.getLocalUpper(), one.getLocalLower());
  auto remote = Address::fromHalves(one.getRemoteUpper(), one.getRemoteLower());
  auto& program = programAt(one.getProgram());
  int64_t names = namesOf(one, said);
  int64_t method = dictionary.textId(toText(one.getMethod()));
  int64_t confidence = dictionary.textId(toText(one.getConfidence()));
  int64_t action = dictionary.textId(actionText(one.getVerdict()));
  auto& row = describe.start();
  row.bind(firstId + int64_t(one.getFlow()));
  row.bind(inMs(one.getStarted())).bindOrNull(inMs(one.getEnded()));
  row.bind(int64_t(one.getDirection() == proto::Direction::IN ? 1 : 0));
  row.bind(int64_t(one.getProtocol()));
  row.bind(bytesOf(local)).bind(int64_t(one.getLocalPort()));
  row.bind(bytesOf(remote)).bind(int64_t(one.getRemotePort()));
  row.bind(program.executable).bind(program.id).bind(program.pid).bind(program.uid);
  row.bind(program.parents).bind(method).bind(confidence);
  row.bindOrNull(textAt(one.getDomain()));
  row.bind(textAt(one.getNamedBy())).bind(names).bind(action);
  row.bind(int64_t(markOf(one.getVerdict())));
  row.bind(textAt(one.getRule())).bind(textAt(one.getReason()));
  row.bind(int64_t(one.getBytesIn())).bind(int64_t(one.getBytesOut()));
  row.bind(textAt(one.getInterface()));
  row.bind(int64_t((one.getLoopback() ? FLAG_LOOPBACK : 0) |
                   (one.getEstablishedBefore() ? FLAG_ESTABLISHED_BEFORE : 0)));
  row.bind(int64_t(one.getIcmpType() << 8 | one.getIcmpCode()));
  if (one.getPeer() == NONE) {
    row.bindNull().bindNull();
  } else {
    auto& peer = programAt(one.getPeer());
    row.bind(peer.id).bind(peer.parents);
  }
  row.run();
}

void ConnectionRows::put(int64_t firstId, proto::ConnectionBatch::Progressed::Reader one) {
  auto& row = progress.start().bindOrNull(inMs(one.getEnded()));
  row.bind(int64_t(one.getBytesIn())).bind(int64_t(one.getBytesOut()));
  row.bind(firstId + int64_t(one.getFlow())).run();
}

}  // namespace portreeve::history
