// SPDX-License-Identifier: GPL-3.0-or-later
// A process as the attributor described it, kept once for all of its flows.
#pragma once

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
  static kj::Own<Program> unknown(kj::StringPtr reason);

  int32_t pid = 0;
  uint64_t startTicks = 0;
  uint64_t instance = 0;  // 0: none
  rules::ProcessKind kind = rules::ProcessKind::UNKNOWN;
  bool suite = false;
  bool askAgain = false;  // unknown for the moment: it could not be looked up
  kj::String path;
  kj::String name;
  kj::String commandLine;
  kj::String unit;
  kj::String cgroup;
  kj::String reason;
  kj::Maybe<uint32_t> uid;
  kj::Maybe<uint32_t> gid;
  kj::Array<Ancestor> parents;  // nearest first

  rules::ProcessFacts facts() const;
  // Borrows from this object.

private:
  kj::Array<kj::StringPtr> parentPaths;  // into `parents`

  void indexParents();
};

}  // namespace portreeve::policy
