// SPDX-License-Identifier: GPL-3.0-or-later
// One way out of the machine: a server that opens streams for us.
#pragma once

#include "gate17/datagrams.h"
#include "gate17/target.h"

#include <kj/async-io.h>
#include <kj/memory.h>

namespace portreeve::gate17 {

class Way {
public:
  virtual ~Way() noexcept(false) = default;

  virtual kj::Promise<kj::Own<kj::AsyncIoStream>> open(const Target& target) = 0;
  // A stream to the target. Rejects with DISCONNECTED when the way itself is of no use now (its
  // server does not answer, does not know us, does not speak as it should): another may be tried.
  // Rejects with FAILED when the way said no to this target. Without a limit in time.

  virtual kj::Promise<kj::Own<Datagrams>> associate() = 0;
  // The same for datagrams, to whomever. Rejects with FAILED where the way carries none.

  virtual kj::Promise<void> probe() = 0;
  // Whether the way is of use: resolves, or rejects with DISCONNECTED. Asks for no target.
};

}  // namespace portreeve::gate17
