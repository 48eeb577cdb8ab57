// SPDX-License-Identifier: GPL-3.0-or-later
// Who uses a socket, as the kernel noted it (common/socket-owner-table.h), where it takes the BPF
// programs that do so. Nothing is asked of anybody: the table is memory.
#pragma once

#include "attributor/process-facts.h"
#include "common/socket-owner-table.h"

#include <kj/common.h>

#include <cstdint>

namespace portreeve::attributor {

struct NotedOwner {
  ExecKey key;  // of whoever connected the socket last, or sent from it unconnected
  uint64_t fileInode = 0;
  uint32_t fileDevice = 0;      // as the kernel has it within
  uint32_t fileGeneration = 0;  // 0: the file system has none
};

struct ClosedSocket {
  uint64_t cookie = 0;
  uint64_t closedNs = 0;  // CLOCK_MONOTONIC
  uint64_t beforeNs = 0;  // when another one with that port was; 0: none
};

struct ClosedQuestion {
  uint64_t netns = 0;
  uint32_t family = 0;  // AF_INET or AF_INET6: one port may be used in both at once
  uint8_t protocol = 0;
  uint16_t port = 0;  // its own
  uint32_t uid = 0;
};

class NotedOwners {
public:
  virtual kj::Maybe<NotedOwner> find(uint64_t cookie) const = 0;
  // nullptr where nothing was noted of it, or its slot went to a later socket.
  virtual kj::Maybe<ClosedSocket> findClosed(const ClosedQuestion& asked) const = 0;
  // The last socket of that kind that was closed, if it had sent. UDP alone is noted.
  virtual ~NotedOwners() noexcept(false) = default;
};

class OwnerTable final : public NotedOwners {
public:
  OwnerTable() = default;
  ~OwnerTable() noexcept(false) override { forget(); }
  KJ_DISALLOW_COPY(OwnerTable);

  void use(int table);
  // Maps it; the descriptor stays the caller's. Throws FAILED where it cannot be mapped.
  void forget();
  bool inUse() const { return slots != nullptr; }

  kj::Maybe<NotedOwner> find(uint64_t cookie) const override;
  kj::Maybe<ClosedSocket> findClosed(const ClosedQuestion& asked) const override;

private:
  const portreeve_socket_owner* slots = nullptr;
};

}  // namespace portreeve::attributor
