// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/policy-arrow.h"

#include <capnp/serialize.h>
#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace portreeve::attributor {
namespace {

struct Sent {
  size_t bytes;
  std::vector<uint64_t> ids;
  uint brief = 0;
  uint learned = 0;
};

struct Batches {
  Interfaces interfaces;
  std::vector<Sent> sent;
  FlowBatcher batcher{interfaces, [this](capnp::MessageBuilder& message, uint flows) {
                        Sent one;
                        one.bytes = capnp::computeSerializedSizeInWords(message) * 8;
                        auto list = message.getRoot<proto::AttributedBatch>().getFlows();
                        for (auto flow : list) {
                          one.ids.push_back(flow.getId());
                          if (flow.getProcess().getBrief()) one.brief++;
                        }
                        one.learned = message.getRoot<proto::AttributedBatch>().getLearned().size();
                        CHECK(one.ids.size() == flows);
                        sent.push_back(kj::mv(one));
                      }};

  size_t flows() const {
    size_t sum = 0;
    for (auto& one : sent) sum += one.ids.size();
    return sum;
  }
};

SharedFacts facts(size_t textBytes, size_t parents) {
  static uint64_t instances = 0;
  auto facts = std::make_shared<ProcessFacts>();
  facts->instance = ++instances;
  facts->kind = proto::ProcessKind::PROGRAM;
  facts->path = kj::str('/', kj::repeat('p', kj::min(textBytes, size_t(4095))));
  facts->commandLine = kj::str(kj::repeat('c', kj::min(textBytes, size_t(1024))));
  facts->cgroup = kj::str(kj::repeat('g', kj::min(textBytes, size_t(1024))));
  for (auto text : {&facts->workingDirectory, &facts->appImage, &facts->script})
    *text = kj::str(kj::repeat('w', kj::min(textBytes, size_t(1024))));
  facts->stablePath = kj::str(kj::repeat('s', kj::min(textBytes, size_t(4096))));
  for (auto text : {&facts->placement.slice, &facts->placement.container, &facts->placement.pod,
                    &facts->placement.flatpak, &facts->placement.snap, &facts->placement.session})
    *text = kj::str(kj::repeat('n', kj::min(textBytes, size_t(256))));
  for (auto word :
       {"slice"_kj, "container"_kj, "flatpak"_kj, "snap"_kj, "appimage"_kj, "script"_kj})
    facts->claimed.add(word);
  for (size_t i = 0; i < parents; i++)
    facts->parents.add(ProcessFacts::Ancestor{int(i), kj::str(kj::repeat('/', 700))});
  return facts;
}

AttributedFlow flow(uint64_t id, SharedFacts process) {
  AttributedFlow flow;
  flow.packet.id = id;
  flow.process.facts = process;
  flow.process.kind = process == nullptr ? proto::ProcessKind::UNKNOWN : process->kind;
  flow.process.reason = "the program had gone before it could be looked at"_kj;
  return flow;
}

TEST_CASE("flows of one round go out together, at most 32") {
  Batches batches;
  for (uint64_t id = 1; id <= 40; id++) batches.batcher.add(flow(id, nullptr));
  batches.batcher.flush();
  batches.batcher.flush();
  REQUIRE(batches.sent.size() == 2);
  CHECK(batches.sent[0].ids.size() == 32);
  CHECK(batches.sent[1].ids.front() == 33);
}

TEST_CASE("no message is longer than the ring takes, whatever programs call themselves") {
  Batches batches;
  for (uint64_t id = 1; id <= 64; id++) {
    auto long_ = flow(id, facts(5000, 16));
    if (id % 2 == 0) {
      long_.loopback = true;
      long_.peer = flow(0, facts(5000, 16)).process;
    }
    batches.batcher.add(kj::mv(long_));
  }
  batches.batcher.flush();
  CHECK(batches.flows() == 64);
  for (auto& one : batches.sent) CHECK(one.bytes <= proto::RING_MESSAGE_BYTES);
}

TEST_CASE("texts of a process go out with its first flow alone, until they may have been lost") {
  Batches batches;
  auto process = facts(5000, 16);
  for (uint64_t id = 1; id <= 10; id++) batches.batcher.add(flow(id, process));
  batches.batcher.flush();
  REQUIRE(batches.sent.size() == 1);
  CHECK(batches.sent[0].brief == 9);
  CHECK(batches.sent[0].bytes < 40'000);
  batches.batcher.forgetTold();
  batches.batcher.add(flow(11, process));
  batches.batcher.flush();
  CHECK(batches.sent[1].brief == 0);
}

TEST_CASE("what is learned of a process is told where the process was, behind its flows") {
  Batches batches;
  auto process = facts(10, 1);
  batches.batcher.tellLearned(process);
  CHECK(batches.sent.size() == 0);
  batches.batcher.add(flow(1, process));
  batches.batcher.tellLearned(process);
  REQUIRE(batches.sent.size() == 2);
  CHECK(batches.sent[0].learned == 0);
  CHECK(batches.sent[1].learned == 1);
}

TEST_CASE("what is estimated of a flow is never less than what it takes") {
  for (size_t textBytes : {0, 1, 7, 8, 100, 5000}) {
    for (size_t parents : {0, 1, 16}) {
      auto one = flow(7, facts(textBytes, parents));
      one.peer = one.process;
      capnp::MallocMessageBuilder message;
      auto list = message.initRoot<proto::AttributedBatch>().initFlows(1);
      fill(list[0], one, "enp0s31f6000000"_kj);
      CHECK(message.sizeInWords() <= wordsOf(one) + 8);
    }
  }
}

TEST_CASE("everything that is known of a flow is said") {
  auto known = std::make_shared<ProcessFacts>();
  known->key = ExecKey{100, 5000, 1};
  known->kind = proto::ProcessKind::REPLACED;
  known->path = kj::str("/usr/bin/curl");
  known->gid = 100;
  known->instance = 9;
  known->file = FileNumbers{1, 500, 77};
  known->parents.add(ProcessFacts::Ancestor{1, kj::str("/sbin/init")});
  AttributedFlow one;
  one.packet.id = 7;
  one.packet.hook = proto::Hook::OUTPUT;
  one.packet.mark = 51820;
  one.packet.header.tcpFlags = 2;
  one.packet.header.tuple.protocol = 6;
  one.packet.header.tuple.destinationPort = 443;
  one.loopback = true;
  one.process.facts = known;
  one.process.kind = known->kind;
  one.process.method = proto::Method::CACHE;
  one.process.confidence = proto::Confidence::SHARED;
  one.process.uid = 1000;
  one.process.socketInode = 71;
  one.peer = Named::ofKernel("icmp answer"_kj);
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<proto::AttributedBatch>().initFlows(1);
  fill(list[0], one, "lo"_kj);
  auto said = list[0].asReader();
  CHECK(said.getId() == 7);
  CHECK(said.getMark() == 51820);
  CHECK(said.getTuple().getDestinationPort() == 443);
  CHECK(said.getTcpFlags() == 2);
  CHECK(said.getInterface() == "lo");
  CHECK(said.getLoopback());
  CHECK(said.getAttributed() > 0);
  auto process = said.getProcess();
  CHECK(process.getPid() == 100);
  CHECK(process.getStartTicks() == 5000);
  CHECK(process.getKind() == proto::ProcessKind::REPLACED);
  CHECK(process.getMethod() == proto::Method::CACHE);
  CHECK(process.getConfidence() == proto::Confidence::SHARED);
  CHECK(process.getUid() == 1000);
  CHECK(process.getGid() == 100);
  CHECK(process.getInstance() == 9);
  CHECK(process.getFileInode() == 500);
  CHECK(process.getSocketInode() == 71);
  CHECK(process.getParents()[0].getPath() == "/sbin/init");
  CHECK(said.getPeer().getName() == "icmp answer");
  CHECK(said.getPeer().getUid() == NO_UID);
}

}  // namespace
}  // namespace portreeve::attributor
