// SPDX-License-Identifier: GPL-3.0-or-later
// All that is known of one process, made from what the reader handed over unread. What is made is
// bounded, printable and does not change: it is shared by all the flows of the process.
#pragma once

#include "attributor/examination.h"
#include "attributor/identity.h"
#include "attributor/placement.h"
#include "proto/flow.capnp.h"
#include "proto/reader.capnp.h"

#include <kj/common.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>
#include <memory>

namespace portreeve::attributor {

constexpr uint32_t NO_UID = ~0u;
constexpr size_t MAX_PARENTS = 16;

struct ExecKey {
  // One process from one exec to the next (a new image has its arguments elsewhere).
  int32_t pid = 0;
  uint64_t startTicks = 0;
  uint64_t argStart = 0;

  bool operator==(const ExecKey& other) const = default;
};

enum class Detail : uint8_t { BRIEF, FULL };
// proto::Process.brief

struct ProcessFacts {
  struct Ancestor {
    int32_t pid;
    kj::String path;
  };

  ExecKey key;
  FileNumbers file;
  uint32_t fileLinks = 0;  // st_nlink
  proto::ProcessKind kind = proto::ProcessKind::UNKNOWN;
  kj::String path;
  kj::String name;
  kj::String commandLine;
  uint32_t uid = NO_UID;  // effective
  uint32_t gid = NO_UID;
  kj::String cgroup;
  kj::String unit;
  kj::Vector<Ancestor> parents;
  kj::String reason;
  kj::String workingDirectory;
  kj::String appImage;
  kj::String script;
  kj::String stablePath;
  Placement placement;
  kj::Vector<kj::StringPtr> claimed;  // proto::Process.claimed
  SharedExamination examination;      // empty: nobody examines
  uint64_t instance = 0;  // differs for each key and file; the same after a restart of ours

  uint64_t fingerprint() const;
  // proto::Process.fingerprint. Another one after the examination.

  void to(proto::Process::Builder builder, Detail detail) const;
  // All but what the socket decides (method, confidence, uid, socketInode).
  size_t words(Detail detail) const;  // what `to` takes at most in a message

private:
  friend std::shared_ptr<ProcessFacts> factsFrom(proto::reader::Answer::Reader, const ProcessFacts*,
                                                 FileHistory&);
  friend std::shared_ptr<ProcessFacts> factsOfGone(const ExecKey&, const ProcessFacts&);
  uint64_t textsHash = 0;

  void fillTexts(proto::Process::Builder builder) const;
};

using SharedFacts = std::shared_ptr<const ProcessFacts>;

ExecKey keyOf(proto::reader::Answer::Reader answer);

std::shared_ptr<ProcessFacts> factsOfGone(const ExecKey& key, const ProcessFacts& sameFile);
// Of a process that had gone before it could be described, and ran the same file as another: all
// that the file tells. No arguments, parents or control group.

std::shared_ptr<ProcessFacts> factsFrom(proto::reader::Answer::Reader description,
                                        const ProcessFacts* before, FileHistory& history);
// `before`: what was known of the same pid, if anything; used only where it is the same exec.

}  // namespace portreeve::attributor
