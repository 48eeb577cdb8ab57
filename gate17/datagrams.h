// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams through a way.
#pragma once

#include "gate17/target.h"

#include <kj/array.h>
#include <kj/async.h>

namespace portreeve::gate17 {

constexpr size_t LONGEST_DATAGRAM = 65535;

struct Datagram {
  Target peer;  // where it comes from, or goes to
  kj::Array<kj::byte> bytes;
};

class Datagrams {
public:
  virtual ~Datagrams() noexcept(false) = default;

  virtual void send(const Target& to, kj::ArrayPtr<const kj::byte> bytes) = 0;
  // What does not fit on the way is lost, as datagrams are.

  virtual kj::Promise<Datagram> receive() = 0;
  // Rejects with DISCONNECTED when there will be no more. One waiter at a time.
};

}  // namespace portreeve::gate17
