// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/past-facts.h"

#include "history/details.h"
#include "history/row.h"

#include <string.h>

namespace portreeve::history {
namespace {

namespace view = proto::view;

rules::ProcessKind kindOf(kj::StringPtr text) {
  for (auto kind :
       {rules::ProcessKind::PROGRAM, rules::ProcessKind::REPLACED, rules::ProcessKind::FOREIGN_ROOT,
        rules::ProcessKind::KERNEL, rules::ProcessKind::NO_SOCKET, rules::ProcessKind::UNKNOWN})
    if (rules::toText(kind) == text) return kind;
  return rules::ProcessKind::UNKNOWN;
}

rules::NameSource sourceOf(kj::ArrayPtr<const char> text) {
  for (auto source : {rules::NameSource::PROCESS, rules::NameSource::PROGRAM,
                      rules::NameSource::USER, rules::NameSource::ANY})
    if (rules::toText(source).asArray() == text) return source;
  return rules::NameSource::ANY;
}

kj::StringPtr pointer(const std::string& text) {
  return {text.c_str(), text.size()};
}

}  // namespace

rules::ProcessFacts PastFacts::process(int64_t program, int64_t parents) {
  auto& row = texts.program(program);
  rules::ProcessFacts facts;
  facts.kind = kindOf(row.kind.c_str());
  facts.path = pointer(row.path);
  facts.name = pointer(row.name);
  facts.commandLine = pointer(row.cmdline);
  facts.unit = pointer(row.unit);
  if (row.uid != 0xffffffff) facts.uid = row.uid;
  facts.suite = isSuite(row.uid);
  facts.parents = parentsOf(parents);
  addDetails(program, facts);
  return facts;
}

kj::ArrayPtr<const rules::DomainFact> PastFacts::domains(int64_t names) {
  if (names == 0) return nullptr;
  auto found = domainLists.find(names);
  if (found == domainLists.end()) found = domainLists.emplace(names, readNames(names)).first;
  return found->second.facts;
}

bool PastFacts::isSuite(uint32_t uid) const {
  for (auto role : ROLES)
    if (role != Role::KEEPER && accounts.of(role).uid == uid) return true;
  return false;
}

void PastFacts::addDetails(int64_t program, rules::ProcessFacts& facts) {
  auto found = details.find(program);
  if (found == details.end()) {
    auto message = kj::heap<capnp::MallocMessageBuilder>();
    fillDetails(message->initRoot<view::Program>(), pointer(texts.program(program).details));
    found = details.emplace(program, kj::mv(message)).first;
  }
  auto known = found->second->getRoot<view::Program>().asReader();
  if (known.getGid() != 0xffffffff) facts.gid = known.getGid();
  facts.cgroup = known.getCgroup();
  facts.slice = known.getSlice();
  facts.container = known.getContainer();
  facts.containerRuntime = known.getContainerRuntime();
  facts.pod = known.getPod();
  facts.flatpak = known.getFlatpak();
  facts.snap = known.getSnap();
  facts.appImage = known.getAppimage();
  facts.script = known.getScript();
  facts.sha256 = known.getSha256();
  facts.package = known.getPackage();
}

PastFacts::Names PastFacts::readNames(int64_t id) {
  Names names;
  eachLine(texts.text(id), [&](kj::ArrayPtr<const char> source, kj::ArrayPtr<const char> name) {
    names.texts.add(kj::heapString(name));
    names.facts.add(rules::DomainFact{names.texts.back(), sourceOf(source)});
  });
  return names;
}

kj::ArrayPtr<const kj::StringPtr> PastFacts::parentsOf(int64_t id) {
  if (id == 0) return nullptr;
  auto found = parentLists.find(id);
  if (found == parentLists.end()) {
    Parents parents;
    eachLine(texts.text(id), [&](kj::ArrayPtr<const char>, kj::ArrayPtr<const char> path) {
      parents.texts.add(kj::heapString(path));
      parents.paths.add(parents.texts.back());
    });
    found = parentLists.emplace(id, kj::mv(parents)).first;
  }
  return found->second.paths;
}

Address addressOf(kj::ArrayPtr<const kj::byte> bytes) {
  Address address;
  if (bytes.size() == address.bytes.size())
    memcpy(address.bytes.data(), bytes.begin(), bytes.size());
  return address;
}

namespace {

rules::FlowFacts factsOf(const Statement& row, PastFacts& facts) {
  rules::FlowFacts flow;
  flow.direction = row.number(DIRECTION) == 1 ? rules::Direction::IN : rules::Direction::OUT;
  flow.protocol = uint8_t(row.number(PROTOCOL));
  flow.icmpType = uint8_t(row.number(ICMP) >> 8);
  flow.icmpCode = uint8_t(row.number(ICMP));
  flow.local = addressOf(row.blob(LOCAL));
  flow.remote = addressOf(row.blob(REMOTE));
  flow.localPort = uint16_t(row.number(LOCAL_PORT));
  flow.remotePort = uint16_t(row.number(REMOTE_PORT));
  flow.interface = facts.texts.text(row.number(INTERFACE));
  flow.loopback = (row.number(FLAGS) & FLAG_LOOPBACK) != 0;
  flow.establishedBefore = (row.number(FLAGS) & FLAG_ESTABLISHED_BEFORE) != 0;
  flow.wallNs = uint64_t(row.number(STARTED)) * 1'000'000;
  flow.process = facts.process(row.number(PROGRAM), row.number(PARENTS));
  flow.process.pid = int32_t(row.number(PID));
  flow.domains = facts.domains(row.number(NAMES));
  return flow;
}

rules::FlowFacts arriving(const rules::FlowFacts& leaving, const Statement& row, PastFacts& facts) {
  // The second half of a loopback flow, as in policy/flow.cc.
  rules::FlowFacts flow = leaving;
  flow.direction = rules::Direction::IN;
  flow.local = leaving.remote;
  flow.remote = leaving.local;
  flow.localPort = leaving.remotePort;
  flow.remotePort = leaving.localPort;
  flow.process = row.isNull(PEER) ? rules::ProcessFacts()
                                  : facts.process(row.number(PEER), row.number(PEER_PARENTS));
  flow.domains = nullptr;
  return flow;
}

}  // namespace

rules::Decision decide(const rules::RuleSet& set, const Statement& row, PastFacts& facts,
                       uint64_t nowWallNs, rules::Trace* trace) {
  auto leaving = factsOf(row, facts);
  auto decision = set.decide(leaving, nowWallNs, trace);
  if (!leaving.loopback || leaving.direction != rules::Direction::OUT) return decision;
  rules::Trace second;
  auto there =
      set.decide(arriving(leaving, row, facts), nowWallNs, trace == nullptr ? nullptr : &second);
  auto stricter = rules::stricter(decision, there);
  if (trace != nullptr && stricter.rule != decision.rule) *trace = kj::mv(second);
  return stricter;
}

}  // namespace portreeve::history
