// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/name-table.h"

#include "common/address-message.h"
#include "common/clock.h"
#include "policy/askers.h"

#include <algorithm>

namespace portreeve::policy {
namespace {

constexpr uint64_t NS_PER_SECOND = 1000000000;
constexpr uint32_t NOBODY = 0xffffffff;
constexpr uint64_t LONGEST_TTL = 604800;  // as a resolver does: RFC 8767, 4

bool isFileAtItsPath(const Program& program) {
  return (program.kind == rules::ProcessKind::PROGRAM ||
          program.kind == rules::ProcessKind::REPLACED) &&
         program.path.size() > 0;
}

bool sameUser(const Program& a, const Program& b) {
  KJ_IF_MAYBE (uid, a.uid) return b.uid.orDefault(NOBODY) == *uid && *uid != NOBODY;
  return false;
}

bool sameAsker(const Program& a, const Program& b) {
  if (a.instance != b.instance) return false;
  return a.instance != 0 ||
         (a.path == b.path && a.uid.orDefault(NOBODY) == b.uid.orDefault(NOBODY));
}

}  // namespace

rules::NameSource sourceOf(const Program& asker, const Program& program) {
  if (asker.instance != 0 && asker.instance == program.instance) return rules::NameSource::PROCESS;
  if (speaksForOthers(asker)) return rules::NameSource::ANY;
  if (!sameUser(asker, program)) return rules::NameSource::ANY;
  bool sameFile = isFileAtItsPath(asker) && isFileAtItsPath(program) && asker.path == program.path;
  return sameFile ? rules::NameSource::PROGRAM : rules::NameSource::USER;
}

kj::Own<Program> programOf(proto::NameAsker::Reader asker) {
  auto program = kj::refcounted<Program>();
  program->instance = asker.getInstance();
  program->path = kj::str(asker.getPath());
  if (asker.getUid() != NOBODY) program->uid = asker.getUid();
  auto kind = static_cast<uint16_t>(asker.getKind());
  if (kind <= static_cast<uint16_t>(proto::ProcessKind::UNKNOWN))
    program->kind = static_cast<rules::ProcessKind>(kind);
  return program;
}

void describe(const Program& program, proto::NameAsker::Builder asker) {
  asker.setInstance(program.instance);
  asker.setUid(program.uid.orDefault(NOBODY));
  asker.setKind(static_cast<proto::ProcessKind>(program.kind));
  asker.setPath(program.path);
}

void NameTable::remember(proto::NameAnswer::Reader answer, Program& asker) {
  uint64_t seconds = std::min<uint64_t>(answer.getTtl(), LONGEST_TTL);
  uint64_t given = monotonicNs();
  if (answer.getGiven() != 0) given = std::min(given, answer.getGiven());
  uint64_t expires = given + seconds * NS_PER_SECOND + KEPT_BEYOND_TTL_NS;
  for (auto reader : answer.getAddresses()) {
    auto address = fromMessage(reader);
    for (auto target : answer.getChain()) rememberOne(address, target, asker, expires);
    // Last: what was asked for is the newest, and the first to be told.
    rememberOne(address, answer.getName(), asker, expires);
  }
}

void NameTable::rememberOne(const Address& address, kj::StringPtr name, Program& asker,
                            uint64_t expiresNs) {
  auto& known = byAddress[address];
  for (auto entry : known) {
    if (entry->name != name || !sameAsker(*entry->asker, asker)) continue;
    forget(entry);
    return rememberOne(address, name, asker, expiresNs);
  }
  if (known.size() >= MAX_FOR_ADDRESS) {
    forget(known.front());
    return rememberOne(address, name, asker, expiresNs);
  }
  entries.push_back(Entry{address, kj::str(name), kj::addRef(asker), expiresNs});
  known.push_back(std::prev(entries.end()));
  if (entries.size() > capacity) forget(entries.begin());
}

void NameTable::forget(Entries::iterator entry) {
  auto found = byAddress.find(entry->address);
  auto& known = found->second;
  known.erase(std::find(known.begin(), known.end(), entry));
  if (known.empty()) byAddress.erase(found);
  entries.erase(entry);
}

kj::Vector<FlowName> NameTable::namesFor(const Address& address, const Program& program,
                                         uint64_t nowNs) const {
  kj::Vector<FlowName> names;
  auto found = byAddress.find(address);
  if (found == byAddress.end()) return names;
  auto& known = found->second;
  for (auto rung : {rules::NameSource::PROCESS, rules::NameSource::PROGRAM, rules::NameSource::USER,
                    rules::NameSource::ANY}) {
    for (auto at = known.rbegin(); at != known.rend() && names.size() < MAX_FOR_FLOW; ++at) {
      auto& entry = **at;
      if (entry.expiresNs <= nowNs || sourceOf(*entry.asker, program) != rung) continue;
      bool there = std::any_of(names.begin(), names.end(),
                               [&](const FlowName& name) { return name.name == entry.name; });
      if (!there) names.add(FlowName{kj::str(entry.name), rung});
    }
  }
  return names;
}

}  // namespace portreeve::policy
