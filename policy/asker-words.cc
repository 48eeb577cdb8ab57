// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/asker-words.h"

#include "common/name-list-format.h"

#include <errno.h>
#include <kj/debug.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace portreeve::policy {
namespace {

class Digest {
public:
  explicit Digest(const uint64_t (&key)[2]) : hash(key) {}

  void add(kj::StringPtr text) { hash.add({text.begin(), text.size()}); }
  void add(uint64_t number) {
    char octets[sizeof number];
    memcpy(octets, &number, sizeof number);
    hash.add({octets, sizeof octets});
  }
  uint64_t value() const { return hash.fingerprint(); }

private:
  name_list::SuffixHash hash;  // knows where a part ends
};

uint64_t numberOf(kj::Maybe<uint32_t> id) {
  KJ_IF_MAYBE (known, id) return *known;
  return ~0ull;
}

}  // namespace

AskerWords::AskerWords(size_t most) : most(std::min(most, size_t(AskerTable::MOST_WORDS))) {
  if (getrandom(secret, sizeof secret, 0) != sizeof secret) KJ_FAIL_SYSCALL("getrandom", errno);
}

void AskerWords::heed(const LookedAt& facts) {
  if (!(facts == lookedAt)) programs.clear();
  lookedAt = facts;
}

bool AskerWords::assign(Program& program) {
  auto& word = program.askerWord;
  bool whole = true;
  auto key = digest(program);
  auto found = programs.find(key);
  if (found == programs.end()) {
    if (programs.size() >= most) {
      programs.clear();
      whole = false;
    }
    found = programs.emplace(key, uint32_t(programs.size() + 1)).first;
  }
  word.program = found->second;
  if (word.process == 0 || program.askerWordFor != program.fingerprint) {
    word.process = lastProcess = lastProcess % AskerTable::MOST_WORDS + 1;
    program.askerWordFor = program.fingerprint;
  }
  return whole;
}

uint64_t AskerWords::digest(const Program& program) const {
  auto facts = program.facts();
  Digest digest(secret);
  for (uint64_t number : {uint64_t(facts.kind), uint64_t(facts.suite), numberOf(facts.uid),
                          numberOf(facts.gid), uint64_t(facts.parents.size())})
    digest.add(number);
  for (auto text : {facts.path, facts.name, facts.commandLine, facts.unit, facts.cgroup,
                    facts.slice, facts.container, facts.containerRuntime, facts.pod, facts.flatpak,
                    facts.snap, facts.appImage, facts.script})
    digest.add(text);
  for (auto parent : facts.parents) digest.add(parent);
  if (lookedAt.instance) {
    digest.add(uint64_t(facts.pid));
    digest.add(facts.startTicks);
  }
  if (lookedAt.examination) {
    digest.add(uint64_t(facts.examined));
    digest.add(facts.sha256);
    digest.add(facts.package);
  }
  return digest.value();
}

}  // namespace portreeve::policy
