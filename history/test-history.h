// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a folder of one's own, and connections as policy tells of them.
#pragma once

#include "common/address.h"
#include "common/clock.h"
#include "common/tuple.h"
#include "history/engine.h"
#include "history/filter.h"
#include "history/queries.h"
#include "history/schema.h"
#include "proto/history.capnp.h"

#include <capnp/message.h>
#include <kj/debug.h>
#include <kj/string.h>
#include <stdio.h>
#include <stdlib.h>

#include <filesystem>

namespace portreeve::history {

constexpr uint64_t NOW = 1'764'075'600'000'000'000;  // 2025-11-25T13:00:00Z, ns
constexpr uint64_t NS_A_SECOND = 1'000'000'000;

class TestFolder {
public:
  TestFolder() {
    char path[] = "/tmp/portreeve-history-test-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    root = kj::str(path);
  }
  ~TestFolder() { std::filesystem::remove_all(root.cStr()); }
  KJ_DISALLOW_COPY(TestFolder);

  kj::String file(kj::StringPtr name = "history.db") const { return kj::str(root, '/', name); }
  bool has(kj::StringPtr name) const { return std::filesystem::exists(file(name).cStr()); }
  size_t count(kj::StringPtr prefix) const {
    size_t found = 0;
    for (auto& entry : std::filesystem::directory_iterator(root.cStr()))
      found += entry.path().filename().string().rfind(prefix.cStr(), 0) == 0 ? 1 : 0;
    return found;
  }
  void write(kj::StringPtr name, kj::StringPtr text) const {
    FILE* out = fopen(file(name).cStr(), "w");
    KJ_ASSERT(out != nullptr);
    fwrite(text.begin(), 1, text.size(), out);
    fclose(out);
  }

private:
  kj::String root;
};

inline UserNames testUsers() {
  UserNames users;
  users.users.add(UserNames::Entry{kj::str("alice"), 1000, 1000});
  return users;
}

struct TestConnection {
  uint64_t flow = 1;
  uint64_t startedNs = NOW;
  uint64_t endedNs = 0;
  kj::StringPtr program = "/usr/bin/curl"_kj;
  kj::StringPtr domain = "example.org"_kj;
  kj::StringPtr remote = "203.0.113.5"_kj;
  uint16_t remotePort = 443;
  kj::StringPtr action = "allow"_kj;
  kj::StringPtr rule = "web"_kj;
  uint64_t bytesIn = 0;
  uint32_t uid = 1000;
};

class TestBatch {
  // As policy would tell of these, each with a program of its own.
public:
  explicit TestBatch(size_t most) {
    auto batch = message->initRoot<proto::Recorder::ConnectionsParams>().initBatch();
    described = batch.initDescribed(uint(most));
    programs = batch.initPrograms(uint(most));
  }

  void add(const TestConnection& one) {
    fill(described[at], one);
    described[at].setProgram(at);
    fill(programs[at++], one);
  }

  Batch take(uint64_t life) {
    auto batch = message->getRoot<proto::Recorder::ConnectionsParams>().getBatch();
    auto said = batch.initTexts(uint(texts.size()));
    for (uint i = 0; i < said.size(); i++) said.set(i, texts[i]);
    return Batch{Batch::Kind::CONNECTIONS, kj::mv(message), life};
  }

private:
  kj::Own<capnp::MallocMessageBuilder> message = kj::heap<capnp::MallocMessageBuilder>();
  capnp::List<proto::ConnectionBatch::Described>::Builder described;
  capnp::List<proto::view::Program>::Builder programs;
  kj::Vector<kj::StringPtr> texts;
  uint at = 0;

  uint32_t text(kj::StringPtr text) {
    if (texts.empty()) texts.add(""_kj);
    if (text.size() == 0) return 0;
    texts.add(text);
    return uint32_t(texts.size() - 1);
  }

  void fill(proto::ConnectionBatch::Described::Builder to, const TestConnection& one) {
    auto local = KJ_ASSERT_NONNULL(Address::parse("192.0.2.10"));
    auto remote = KJ_ASSERT_NONNULL(Address::parse(one.remote));
    to.setFlow(one.flow);
    to.setStarted(one.startedNs);
    to.setEnded(one.endedNs);
    to.setBytesIn(one.bytesIn);
    to.setDirection(proto::Direction::OUT);
    to.setProtocol(PROTOCOL_TCP);
    to.setLocalUpper(local.upper());
    to.setLocalLower(local.lower());
    to.setLocalPort(40000);
    to.setRemoteUpper(remote.upper());
    to.setRemoteLower(remote.lower());
    to.setRemotePort(one.remotePort);
    to.setMethod(proto::Method::SOCK_DIAG);
    to.setConfidence(proto::Confidence::CERTAIN);
    to.setVerdict(one.action == "allow" ? proto::Verdict::ACCEPT : proto::Verdict::BLOCK);
    to.setRule(text(one.rule));
    to.setReason(text("/etc/portreeve/rules.d/10-web.toml:1"));
    to.setDomain(text(one.domain));
    if (one.domain.size() == 0) return;
    to.setNamedBy(text("process"));
    auto name = to.initNames(1)[0];
    name.setName(to.getDomain());
    name.setSource(to.getNamedBy());
  }

  static void fill(proto::view::Program::Builder process, const TestConnection& one) {
    process.setPid(4711);
    process.setPath(one.program);
    process.setName("curl");
    process.setCmdline("curl https://example.org/");
    process.setUser("alice");
    process.setUid(one.uid);
    process.setUnit("session-1.scope");
    process.setGid(1001);
    process.setCgroup("/user.slice/user-1000.slice/session-1.scope");
    process.setCwd("/home/alice/my work");
    process.setSession("1");
    process.setSlice("user-1000.slice");
    process.setScript("/opt/a b.py");
    process.setContainer("web");
    process.setContainerRuntime("lxc");
    process.setSha256("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    process.setPackage("curl:amd64");
    process.setDevice("8:1");
    process.setInode(9'007'199'254);
    process.initClaimed(1).set(0, "script");
    process.setKind("program");
    auto parent = process.initParents(1)[0];
    parent.setPid(100);
    parent.setPath("/usr/bin/bash of mine");
  }
};

inline Batch batchOf(std::initializer_list<TestConnection> connections, uint64_t life = 1) {
  TestBatch batch(connections.size());
  for (auto& one : connections) batch.add(one);
  return batch.take(life);
}

inline Batch progressOf(uint64_t flow, uint64_t endedNs, uint64_t bytesIn) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto one =
      message->initRoot<proto::Recorder::ConnectionsParams>().initBatch().initProgressed(1)[0];
  one.setFlow(flow);
  one.setEnded(endedNs);
  one.setBytesIn(bytesIn);
  return Batch{Batch::Kind::CONNECTIONS, kj::mv(message), 1};
}

inline Batch questionOf(kj::StringPtr name, kj::StringPtr action, uint64_t timeNs = NOW) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto one = message->initRoot<proto::Recorder::QueriesParams>().initAsked(1)[0];
  one.setTime(rfc3339(timeNs));
  one.setName(name);
  one.setType("AAAA");
  one.setAction(action);
  one.setProgram("/usr/bin/curl");
  one.setUser("alice");
  one.setUid(1000);
  return Batch{Batch::Kind::QUERIES, kj::mv(message), 1};
}

struct TestHistory {
  TestFolder folder;
  uint64_t now = NOW;
  Bounds bounds;
  kj::Own<Engine> engine = make();
  UserNames users = testUsers();

  kj::Own<Engine> make() {
    return kj::heap<Engine>(folder.file(), bounds, [this]() { return now; });
  }

  template <typename... Batches>
  Engine::Written write(Batches&&... batches) {
    auto list = kj::arr(kj::mv(batches)...);
    return engine->write(list);
  }
  Engine::Written write(std::initializer_list<TestConnection> connections) {
    return write(batchOf(connections));
  }

  template <typename Set>
  Filter filter(Set&& set) {
    capnp::MallocMessageBuilder message;
    auto builder = message.initRoot<proto::HistoryFilter>();
    set(builder);
    return Filter(builder, users);
  }
  Filter all() {
    return filter([](auto) {});
  }

  Database database() { return Database(folder.file(), Database::Mode::READ_ONLY); }

  template <typename Set>
  kj::Vector<kj::String> found(Set&& set) {
    // "program domain action" of each, in the order they came.
    auto from = database();
    Answer answer = findConnections(from, filter(set), 0);
    kj::Vector<kj::String> words;
    for (auto one : answer->getRoot<proto::view::ConnectionPage>().getConnections())
      words.add(kj::str(one.getProcess().getPath(), ' ', one.getDomain(), ' ',
                        one.getVerdict().getAction()));
    return words;
  }
  size_t count() {
    return found([](auto builder) { builder.setLimit(1000); }).size();
  }
};

}  // namespace portreeve::history
