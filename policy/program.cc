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
  program->suite = suite;
  program->askAgain = process.getAskAgain();
  program->uid = unlessNobody(process.getUid());
  program->describe(process);
  return program;
}

void Program::learn(proto::Process::Reader process) {
  describe(process);
}

void Program::describe(proto::Process::Reader process) {
  pid = process.getPid();
  startTicks = process.getStartTicks();
  instance = process.getInstance();
  fingerprint = process.getFingerprint();
  kind = kindOf(process.getKind());
  path = kj::str(process.getPath());
  name = kj::str(process.getName());
  commandLine = kj::str(process.getCommandLine());
  unit = kj::str(process.getUnit());
  cgroup = kj::str(process.getCgroup());
  reason = kj::str(process.getReason());
  gid = unlessNobody(process.getGid());
  workingDirectory = kj::str(process.getWorkingDirectory());
  session = kj::str(process.getSession());
  slice = kj::str(process.getSlice());
  container = kj::str(process.getContainer());
  containerRuntime = kj::str(process.getContainerRuntime());
  pod = kj::str(process.getPod());
  flatpak = kj::str(process.getFlatpak());
  snap = kj::str(process.getSnap());
  appImage = kj::str(process.getAppImage());
  script = kj::str(process.getScript());
  stablePath = kj::str(process.getStablePath());
  sha256 = kj::str(process.getSha256());
  package = kj::str(process.getPackage());
  examination = kj::str(process.getExamination());
  examined = process.getExamined();
  claimed = KJ_MAP(word, process.getClaimed()) {
    return kj::str(word);
  };
  fileDevice = process.getFileDevice();
  fileInode = process.getFileInode();
  parents = KJ_MAP(parent, process.getParents()) {
    return Ancestor{parent.getPid(), kj::str(parent.getPath())};
  };
  indexParents();
}

kj::Own<Program> Program::withUidOf(proto::Process::Reader process, bool ofSuite) const {
  auto copy = kj::refcounted<Program>();
  copy->pid = pid;
  copy->startTicks = startTicks;
  copy->instance = instance;
  copy->fingerprint = fingerprint;
  copy->kind = kind;
  copy->suite = ofSuite;
  copy->uid = unlessNobody(process.getUid());
  copy->gid = gid;
  using Text = kj::String Program::*;
  for (Text text : {&Program::path,
                    &Program::name,
                    &Program::commandLine,
                    &Program::unit,
                    &Program::cgroup,
                    &Program::reason,
                    &Program::workingDirectory,
                    &Program::session,
                    &Program::slice,
                    &Program::container,
                    &Program::containerRuntime,
                    &Program::pod,
                    &Program::flatpak,
                    &Program::snap,
                    &Program::appImage,
                    &Program::script,
                    &Program::stablePath,
                    &Program::sha256,
                    &Program::package,
                    &Program::examination})
    (*copy).*text = kj::str(this->*text);
  copy->examined = examined;
  copy->claimed = KJ_MAP(word, claimed) {
    return kj::str(word);
  };
  copy->fileDevice = fileDevice;
  copy->fileInode = fileInode;
  copy->parents = KJ_MAP(parent, parents) {
    return Ancestor{parent.pid, kj::str(parent.path)};
  };
  copy->indexParents();
  return copy;
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
  facts.slice = slice;
  facts.container = container;
  facts.containerRuntime = containerRuntime;
  facts.pod = pod;
  facts.flatpak = flatpak;
  facts.snap = snap;
  facts.appImage = appImage;
  facts.script = script;
  facts.sha256 = sha256;
  facts.package = package;
  facts.examined = examined;
  facts.parents = parentPaths;
  return facts;
}

void Program::indexParents() {
  parentPaths = KJ_MAP(parent, parents)->kj::StringPtr {
    return parent.path;
  };
}

}  // namespace portreeve::policy
