// SPDX-License-Identifier: GPL-3.0-or-later
// A process as the attributor described it, kept once for all of its flows.
#pragma once

#include "common/asker-table.h"
#include "policy/rules/facts.h"
#include "proto/flow.capnp.h"

#include <kj/array.h>
#include <kj/refcount.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve::policy {

class Program final : public kj::Refcounted {
public:
  struct Ancestor {
    int32_t pid = 0;
    kj::String path;
  };

  static kj::Own<Program> from(proto::Process::Reader process, bool suite);
  // `suite`: one of the suite's own, told by its uid.
  kj::Own<Program> withUidOf(proto::Process::Reader process, bool suite) const;
  // The same process with what its socket decides. (Another socket of it may be another user's.)
  void learn(proto::Process::Reader process);
  // More, or something else, is known of it now, which does not concern its sockets. Texts that
  // were borrowed from this object are gone.
  static kj::Own<Program> unknown(kj::StringPtr reason);

  int32_t pid = 0;
  uint64_t startTicks = 0;
  uint64_t instance = 0;     // 0: none
  uint64_t fingerprint = 0;  // as the attributor gave it
  rules::ProcessKind kind = rules::ProcessKind::UNKNOWN;
  bool suite = false;
  bool askAgain = false;  // unknown for the moment: it could not be looked up
  kj::String path;
  kj::String name;
  kj::String commandLine;
  kj::String unit;
  kj::String cgroup;
  kj::String reason;
  kj::String workingDirectory, session, slice, container, containerRuntime, pod, flatpak, snap,
      appImage, script, stablePath, sha256, package, examination;
  bool examined = true;  // sha256 and package are as known as they will be
  kj::Array<kj::String> claimed;
  uint64_t fileDevice = 0;
  uint64_t fileInode = 0;
  kj::Maybe<uint32_t> uid;
  kj::Maybe<uint32_t> gid;
  kj::Array<Ancestor> parents;  // nearest first
  AskerWord askerWord;          // asker-words.h
  uint64_t askerWordFor = 0;    // the fingerprint of what was known then

  rules::ProcessFacts facts() const;
  // Borrows from this object.

private:
  kj::Array<kj::StringPtr> parentPaths;  // into `parents`

  void describe(proto::Process::Reader process);
  void indexParents();
};

}  // namespace portreeve::policy
