// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/connection-view.h"

#include "common/clock.h"
#include "common/marks.h"
#include "common/process-words.h"
#include "policy/rules/rule.h"

namespace portreeve::policy {
namespace {

namespace view = proto::view;

constexpr uint32_t NOBODY = 0xffffffff;

void fillJudgement(view::Judgement::Builder to, const Judgement& judgement) {
  to.setAction(actionText(judgement.verdict));
  to.setMark(markOf(judgement.verdict));
  to.setRule(judgement.rule);
  to.setReason(judgement.origin);
}

void fillEndpoint(view::Endpoint::Builder to, const Address& address, uint16_t port) {
  to.setAddress(address.toString());
  to.setPort(port);
}

}  // namespace

void fill(view::Program::Builder to, const Party& party, const UserNames& users) {
  auto& program = *party.program;
  to.setPid(program.pid);
  to.setPath(program.path);
  to.setName(program.name);
  to.setCmdline(program.commandLine);
  to.setUid(program.uid.orDefault(NOBODY));
  KJ_IF_MAYBE (uid, program.uid) to.setUser(users.nameOf(*uid));
  to.setGid(program.gid.orDefault(NOBODY));
  to.setUnit(program.unit);
  to.setCgroup(program.cgroup);
  to.setCwd(program.workingDirectory);
  to.setSession(program.session);
  to.setSlice(program.slice);
  to.setContainer(program.container);
  to.setContainerRuntime(program.containerRuntime);
  to.setPod(program.pod);
  to.setFlatpak(program.flatpak);
  to.setSnap(program.snap);
  to.setAppimage(program.appImage);
  to.setScript(program.script);
  to.setStablePath(program.stablePath);
  to.setSha256(program.sha256);
  to.setPackage(program.package);
  to.setExamination(program.examination);
  auto claimed = to.initClaimed(uint(program.claimed.size()));
  for (uint i = 0; i < claimed.size(); i++) claimed.set(i, program.claimed[i]);
  to.setDevice(deviceText(program.fileDevice));
  to.setInode(double(program.fileInode));
  auto parents = to.initParents(uint(program.parents.size()));
  for (uint i = 0; i < parents.size(); i++) {
    parents[i].setPid(program.parents[i].pid);
    parents[i].setPath(program.parents[i].path);
  }
  to.setMethod(toText(party.method));
  to.setKind(rules::toText(program.kind));
  to.setConfidence(toText(party.confidence));
  to.setReason(program.reason);
}

void fill(view::Connection::Builder to, const Flow& flow, const UserNames& users) {
  to.setId(double(flow.id));
  to.setTime(rfc3339(flow.startedNs));
  to.setDirection(rules::toText(flow.direction));
  to.setProtocol(protocolText(flow.tuple.protocol));
  fillEndpoint(to.initLocal(), flow.localAddress(), flow.localPort());
  fillEndpoint(to.initRemote(), flow.remoteAddress(), flow.remotePort());
  to.setDomain(flow.judgement.domain);
  fill(to.initProcess(), flow.process, users);
  fillJudgement(to.initVerdict(), flow.judgement);
  to.getVerdict().setWay(flow.way.size() > 0 ? kj::str(flow.way)
                                             : kj::strArray(flow.judgement.ways, ", "));
  to.setBytesIn(double(flow.bytesIn));
  to.setBytesOut(double(flow.bytesOut));
  to.setState(!flow.open() ? "ended" : isRefusal(flow.judgement.verdict) ? "refused" : "open");
  to.setEnded(rfc3339(flow.endedNs));
  KJ_IF_MAYBE (source, flow.judgement.namedBy) to.setNamedBy(rules::toText(*source));
}

size_t roughBytes(const Program& program) {
  size_t texts = program.path.size() + program.name.size() + program.commandLine.size() +
                 program.unit.size() + program.reason.size() + program.cgroup.size() +
                 program.workingDirectory.size() + program.appImage.size() + program.script.size() +
                 program.stablePath.size() + program.sha256.size() + program.slice.size() +
                 program.container.size();
  for (auto& parent : program.parents) texts += parent.path.size() + 32;
  return texts + 800;
}

size_t roughBytes(const Flow& flow) {
  return roughBytes(*flow.process.program) + flow.judgement.domain.size() +
         flow.judgement.rule.size() + flow.judgement.origin.size() + 400;
}

}  // namespace portreeve::policy
