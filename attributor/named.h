// SPDX-License-Identifier: GPL-3.0-or-later
// One end of a flow with a name: who sends, or who receives, and how that is known.
#pragma once

#include "attributor/diag-message.h"
#include "attributor/process-cache.h"
#include "attributor/process-facts.h"
#include "proto/flow.capnp.h"

#include <kj/string.h>

#include <cstdint>

namespace portreeve::attributor {

struct Named {
  proto::ProcessKind kind = proto::ProcessKind::UNKNOWN;
  proto::Method method = proto::Method::NONE;
  proto::Confidence confidence = proto::Confidence::NONE;
  uint32_t uid = NO_UID;
  uint64_t socketInode = 0;
  SharedFacts facts;     // where there is a process
  kj::StringPtr name;    // kernel: what it is; a literal
  kj::StringPtr reason;  // unknown, noSocket: why; a literal

  static Named ofKernel(kj::StringPtr name);
  static Named nobodyListens();
  static Named unknown(kj::StringPtr reason, uint32_t packetUid);
  // Method packetUid where the packet's uid is known.
  static Named ofHolder(const Holder& holder, const DiagSocket& socket, proto::Method method,
                        bool only, uint32_t packetUid);
  // `only`: no other socket would have done as well.

  static Named ofProcess(const Holder& holder);
  // Asked for by its number.

  void to(proto::Process::Builder builder, Detail detail = Detail::FULL) const;
  size_t words(Detail detail = Detail::FULL) const;  // what `to` takes at most in a message
};

}  // namespace portreeve::attributor
