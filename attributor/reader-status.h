// SPDX-License-Identifier: GPL-3.0-or-later
// The reader's status, which has no RPC of its own: the attributor speaks for it
// (proto/daemon.capnp).
#pragma once

#include "attributor/reader-link.h"
#include "proto/view.capnp.h"

#include <capnp/list.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>

namespace portreeve::attributor {

class ReaderStatus {
  // What the reader said of itself, or why there is nothing.
public:
  static kj::Promise<ReaderStatus> ask(ReaderLink& reader, kj::Timer& timer);
  // Resolves within half a second, whatever the reader does.

  void to(capnp::List<proto::view::ProcessStatus>::Builder list, uint32_t at) const;

private:
  class Asker;
  kj::Array<capnp::word> report;  // as the reader made it; empty: none
  kj::StringPtr state, reason;    // then
};

}  // namespace portreeve::attributor
