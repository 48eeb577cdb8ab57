// SPDX-License-Identifier: GPL-3.0-or-later
// For tests of the road of a packet: a kernel and a settler that note down what they are told,
// packets as the attributor would send them, and everything between, tied together.
#pragma once

#include "common/marks.h"
#include "policy/conntrack-walk.h"
#include "policy/existing-flows.h"
#include "policy/judge.h"
#include "policy/kernel-watcher.h"
#include "policy/rejudge.h"
#include "policy/rules/test-facts.h"

#include <capnp/message.h>
#include <kj/debug.h>

namespace portreeve::policy {

inline Tuple tcp(kj::StringPtr source, uint16_t sourcePort, kj::StringPtr destination,
                 uint16_t destinationPort) {
  Tuple tuple;
  tuple.protocol = PROTOCOL_TCP;
  tuple.source = rules::address(source);
  tuple.destination = rules::address(destination);
  tuple.sourcePort = sourcePort;
  tuple.destinationPort = destinationPort;
  tuple.family = tuple.source.isV4() ? proto::Family::IPV4 : proto::Family::IPV6;
  return tuple;
}

inline Tuple udp(kj::StringPtr source, uint16_t sourcePort, kj::StringPtr destination,
                 uint16_t destinationPort) {
  auto tuple = tcp(source, sourcePort, destination, destinationPort);
  tuple.protocol = PROTOCOL_UDP;
  return tuple;
}

class FakeKernel final : public KernelActs {
public:
  kj::Vector<kj::String> acts;       // in order: "mark 1711 tcp …", "delete …", "destroy …"
  kj::Vector<TrackedEntry> entries;  // what a walk finds
  bool away = false;
  uint lists = 0;

  kj::Promise<uint32_t> setMarks(kj::Vector<MarkChange> changes) override {
    if (away) return gone<uint32_t>();
    for (auto& change : changes)
      acts.add(kj::str("mark ", change.mark, ' ', change.tuple.toString()));
    return uint32_t(0);
  }
  kj::Promise<uint32_t> deleteEntries(kj::Vector<Tuple> tuples) override {
    if (away) return gone<uint32_t>();
    for (auto& tuple : tuples) acts.add(kj::str("delete ", tuple.toString()));
    return uint32_t(0);
  }
  kj::Promise<uint32_t> destroySockets(kj::Vector<Tuple> localFirst) override {
    if (away) return gone<uint32_t>();
    for (auto& tuple : localFirst) acts.add(kj::str("destroy ", tuple.toString()));
    return uint32_t(0);
  }
  kj::Promise<void> list(OnEntry onEntry) override {
    if (away) return gone<void>();
    lists++;
    for (auto& entry : entries) onEntry(entry);
    return kj::READY_NOW;
  }

  kj::String said() {
    auto text = kj::strArray(acts, "\n");
    acts.clear();
    return text;
  }

private:
  template <typename T>
  static kj::Promise<T> gone() {
    return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__, kj::str("away"));
  }
};

class FakeSettler final : public Settler {
public:
  kj::Vector<kj::String> verdicts;  // "id mark"
  uint flushes = 0;

  void settle(uint64_t id, proto::Verdict verdict) override {
    verdicts.add(kj::str(id, ' ', markOf(verdict)));
  }
  void flush() override { flushes++; }

  kj::String said() {
    auto text = kj::strArray(verdicts, ", ");
    verdicts.clear();
    return text;
  }
};

struct FakePacket {
  // What is not said is that of instance 1 of alice's /usr/bin/app, going out by eth0 with a SYN.
  Tuple tuple;
  uint64_t id = 1;
  proto::Hook hook = proto::Hook::OUTPUT;
  uint8_t tcpFlags = 2;
  uint64_t instance = 1;
  kj::StringPtr path = "/usr/bin/app"_kj;
  uint32_t uid = 1000;
  proto::ProcessKind kind = proto::ProcessKind::PROGRAM;
  proto::Method method = proto::Method::SOCK_DIAG;
  uint64_t socketInode = 100;
  bool loopback = false;
  kj::StringPtr peerPath = nullptr;  // loopback: who receives
  bool askAgain = false;             // unknown: instance 0
  bool fragment = false;
  proto::Malformed malformed = proto::Malformed::NO;

  void to(proto::Attributed::Builder builder) const {
    builder.setId(id);
    builder.setHook(hook);
    tuple.to(builder.initTuple());
    builder.setTcpFlags(tuple.protocol == PROTOCOL_TCP ? tcpFlags : 0);
    if (tuple.protocol == PROTOCOL_ICMP || tuple.protocol == PROTOCOL_ICMPV6) {
      builder.setIcmpType(uint8_t(tuple.destinationPort >> 8));
      builder.setIcmpCode(uint8_t(tuple.destinationPort));
    }
    builder.setFragment(fragment);
    builder.setMalformed(malformed);
    builder.setLoopback(loopback);
    builder.setInterface(loopback ? "lo" : "eth0");
    fill(builder.initProcess(), path, instance);
    if (peerPath != nullptr) fill(builder.initPeer(), peerPath, instance + 1000);
  }

private:
  void fill(proto::Process::Builder process, kj::StringPtr programPath,
            uint64_t programInstance) const {
    if (askAgain) {
      process.setKind(proto::ProcessKind::UNKNOWN);
      process.setAskAgain(true);
      process.setUid(uid);
      process.setReason("the reader did not answer");
      return;
    }
    process.setInstance(programInstance);
    process.setPid(int32_t(programInstance));
    process.setPath(programPath);
    process.setName("app");
    process.setUid(uid);
    process.setKind(kind);
    process.setMethod(method);
    process.setSocketInode(socketInode);
  }
};

class FakeLookup final : public proto::NameLookup::Server {
  // A resolver that knows one name, asked for by alice's app.
public:
  FakeLookup(kj::StringPtr name, uint& asked) : name(kj::str(name)), asked(asked) {}

  kj::Promise<void> namesFor(NamesForContext context) override {
    asked++;
    auto answer = context.getResults().initAnswers(1)[0];
    answer.setName(name);
    auto address = answer.initAddresses(1)[0];
    address.setUpper(context.getParams().getAddress().getUpper());
    address.setLower(context.getParams().getAddress().getLower());
    answer.setTtl(60);
    auto asker = answer.initAsker();
    asker.setInstance(1);
    asker.setUid(1000);
    asker.setKind(proto::ProcessKind::PROGRAM);
    asker.setPath("/usr/bin/app");
    return kj::READY_NOW;
  }

private:
  kj::String name;
  uint& asked;
};

class FakeAsking final : public Asking {
  // Nobody is ever there.
public:
  bool holds(const Arrival&) override { return false; }
  bool ask(Flow& flow, Arrival&) override {
    flow.judgement.verdict = proto::Verdict::BLOCK_ONCE;
    return false;
  }
};

struct Road final : private FlowObserver {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Own<rules::RuleSet> set;
  Accounts accounts = Accounts::read();
  FakeKernel kernel;
  FakeSettler settler;
  ProgramCache programs{accounts};
  FlowTable flows;
  TransientFlows transient{flows};
  LateEnds lateEnds;
  EarlierSessions earlier;
  kj::Vector<kj::String> repaired;
  SelfProbe probe{[this](proto::Hook hook, proto::Family family) {
    repaired.add(kj::str(int(hook), ' ', int(family)));
  }};
  Headings headings;
  Askers askers;
  NameTable names;
  NameLookups lookups{timer, names, askers};
  Deciding deciding{[this]() -> rules::RuleSet& { return *set; }, names};
  FakeAsking asking;
  Judge judge{timer,
              {programs, flows, transient, lateEnds, headings, askers, lookups, deciding, settler,
               kernel, earlier, probe, asking}};
  Rejudge rejudge{timer, flows, transient, lateEnds, deciding, kernel};
  ConntrackWalk walk{timer, flows, transient, deciding, kernel};
  uint missed = 0;
  KernelEvents events{flows, lateEnds, earlier, askers, kernel, [this]() { missed++; }};
  uint told = 0;

  explicit Road(kj::StringPtr ruleText, DefaultAction action = DefaultAction::BLOCK)
      : set(rules::loadRules(ruleText, action)) {
    flows.observe(*this);
  }

  void rules(kj::StringPtr text) { set = rules::loadRules(text); }

  void receive(kj::ArrayPtr<const FakePacket> packets) {
    capnp::MallocMessageBuilder message;
    auto list = message.initRoot<proto::AttributedBatch>().initFlows(uint(packets.size()));
    for (uint i = 0; i < packets.size(); i++) packets[i].to(list[i]);
    judge.receive(message.getRoot<proto::AttributedBatch>().asReader());
  }
  void receive(const FakePacket& packet) { receive(kj::arrayPtr(&packet, 1)); }

  kj::String verdictOn(const FakePacket& packet) {
    receive(packet);
    scope.poll();
    return settler.said();
  }

  void advance(kj::Duration by) {
    timer.advanceTo(timer.now() + by);
    scope.poll();
  }

  const Flow& newest() const {
    const Flow* found = nullptr;
    flows.newestFirst([&](const Flow& flow) {
      found = &flow;
      return false;
    });
    KJ_ASSERT(found != nullptr, "no flow");
    return *found;
  }
  size_t count() const {
    size_t all = 0;
    flows.newestFirst([&](const Flow&) { return ++all > 0; });
    return all;
  }

  void give(kj::StringPtr name, kj::StringPtr address, uint64_t instance = 1,
            kj::StringPtr path = "/usr/bin/app"_kj, uint32_t uid = 1000) {
    capnp::MallocMessageBuilder message;
    auto answer = message.initRoot<proto::NameAnswer>();
    answer.setName(name);
    auto given = rules::address(address);
    auto list = answer.initAddresses(1);
    list[0].setUpper(given.upper());
    list[0].setLower(given.lower());
    answer.setTtl(60);
    auto asker = answer.initAsker();
    asker.setInstance(instance);
    asker.setPath(path);
    asker.setUid(uid);
    asker.setKind(proto::ProcessKind::PROGRAM);
    rememberAnswer(names, askers, answer.asReader());
  }

private:
  void flowChanged(const Flow&) override { told++; }
};

}  // namespace portreeve::policy
