// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/program-cache.h"

namespace portreeve::policy {
namespace {

bool describes(const Program& program, proto::Process::Reader process) {
  // The socket's maker, not the process, has the uid, and `kind` may be found out later: both can
  // differ within one instance.
  return program.uid.orDefault(0xffffffff) == process.getUid() &&
         static_cast<uint16_t>(program.kind) == static_cast<uint16_t>(process.getKind()) &&
         program.reason == process.getReason();
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
  if (found != known.end()) {
    if (!describes(*found->second, process))
      found->second = Program::from(process, isSuite(process));
    return kj::addRef(*found->second);
  }
  if (known.size() >= capacity) {
    known.erase(order.front());
    order.pop_front();
  }
  auto fresh = Program::from(process, isSuite(process));
  order.push_back(instance);
  known.emplace(instance, kj::addRef(*fresh));
  return fresh;
}

bool ProgramCache::isSuite(proto::Process::Reader process) const {
  // By the uid alone: these accounts are the suite's own.
  for (auto uid : suiteUids)
    if (process.getUid() == uid) return true;
  return false;
}

}  // namespace portreeve::policy
