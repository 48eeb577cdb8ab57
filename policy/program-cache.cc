// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/program-cache.h"

namespace portreeve::policy {
namespace {

constexpr uint32_t NOBODY = 0xffffffff;

bool sameUser(const Program& program, proto::Process::Reader process) {
  // Of the socket's maker, not the process: it can differ within one instance.
  return program.uid.orDefault(NOBODY) == process.getUid();
}

}  // namespace

ProgramCache::ProgramCache(const Accounts& accounts, size_t capacity) : capacity(capacity) {
  // The keeper is root, as many others are; it opens no connections.
  for (auto role : ROLES)
    if (role != Role::KEEPER) suiteUids.add(accounts.of(role).uid);
}

kj::Own<Program> ProgramCache::of(proto::Process::Reader process) {
  uint64_t instance = process.getInstance();
  if (instance == 0) return Program::from(process, isSuite(process));
  auto found = known.find(instance);
  if (found == known.end()) {
    if (process.getBrief()) return notTold();
    auto fresh = Program::from(process, isSuite(process));
    keep(instance, *fresh);
    return fresh;
  }
  auto& program = found->second;
  if (program->fingerprint != process.getFingerprint()) {
    if (process.getBrief()) return notTold();
    program->learn(process);
  }
  if (!sameUser(*program, process)) program = program->withUidOf(process, isSuite(process));
  return kj::addRef(*program);
}

kj::Maybe<kj::Own<Program>> ProgramCache::learn(proto::Process::Reader process) {
  auto found = known.find(process.getInstance());
  if (found == known.end() || process.getBrief()) return nullptr;
  found->second->learn(process);
  return kj::addRef(*found->second);
}

kj::Own<Program> ProgramCache::notTold() {
  auto program = Program::unknown("its description was lost on the way: it will be told again");
  program->askAgain = true;
  return program;
}

void ProgramCache::keep(uint64_t instance, Program& program) {
  if (known.size() >= capacity) {
    known.erase(order.front());
    order.pop_front();
  }
  order.push_back(instance);
  known.emplace(instance, kj::addRef(program));
}

bool ProgramCache::isSuite(proto::Process::Reader process) const {
  // By the uid alone: these accounts are the suite's own.
  for (auto uid : suiteUids)
    if (process.getUid() == uid) return true;
  return false;
}

}  // namespace portreeve::policy
