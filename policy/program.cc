// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/program.h"

namespace portreeve::policy {
namespace {

constexpr uint32_t NOBODY = 0xffffffff;

rules::ProcessKind kindOf(proto::ProcessKind kind) {
  // The same words in the same order; one that this build does not know is not known.
  auto number = static_cast<uint16_t>(kind);
  if (number > static_cast<uint16_t>(proto::ProcessKind::UNKNOWN))
    return rules::ProcessKind::UNKNOWN;
  return static_cast<rules::ProcessKind>(number);
}

kj::Maybe<uint32_t> unlessNobody(uint32_t id) {
  if (id == NOBODY) return nullptr;
  return id;
}

}  // namespace

kj::Own<Program> Program::from(proto::Process::Reader process, bool suite) {
  auto program = kj::refcounted<Program>();
  program->pid = process.getPid();
  program->startTicks = process.getStartTicks();
  program->instance = process.getInstance();
  program->kind = kindOf(process.getKind());
  program->suite = suite;
  program->path = kj::str(process.getPath());
  program->name = kj::str(process.getName());
  program->commandLine = kj::str(process.getCommandLine());
  program->unit = kj::str(process.getUnit());
  program->cgroup = kj::str(process.getCgroup());
  program->reason = kj::str(process.getReason());
  program->askAgain = process.getAskAgain();
  program->uid = unlessNobody(process.getUid());
  program->gid = unlessNobody(process.getGid());
  program->parents = KJ_MAP(parent, process.getParents()) {
    return Ancestor{parent.getPid(), kj::str(parent.getPath())};
  };
  program->indexParents();
  return program;
}

kj::Own<Program> Program::unknown(kj::StringPtr reason) {
  auto program = kj::refcounted<Program>();
  program->reason = kj::str(reason);
  return program;
}

rules::ProcessFacts Program::facts() const {
  rules::ProcessFacts facts;
  facts.kind = kind;
  facts.suite = suite;
  facts.path = path;
  facts.name = name;
  facts.commandLine = commandLine;
  facts.uid = uid;
  facts.gid = gid;
  facts.pid = pid;
  facts.startTicks = startTicks;
  facts.cgroup = cgroup;
  facts.unit = unit;
  facts.parents = parentPaths;
  return facts;
}

void Program::indexParents() {
  parentPaths = KJ_MAP(parent, parents)->kj::StringPtr {
    return parent.path;
  };
}

}  // namespace portreeve::policy
