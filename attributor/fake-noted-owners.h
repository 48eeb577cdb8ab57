// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: what the kernel would have noted, by cookie.
#pragma once

#include "attributor/fake-reader.h"
#include "attributor/noted-owners.h"

#include <map>

namespace portreeve::attributor {

class FakeNotedOwners final : public NotedOwners {
public:
  std::map<uint64_t, NotedOwner> byCookie;
  std::map<uint16_t, ClosedSocket> closedByPort;
  uint32_t generation = 7;

  void note(uint64_t cookie, const FakeProcess& process) {
    auto& owner = byCookie[cookie];
    owner.key.pid = process.pid;
    owner.key.startTicks = process.startTicks;
    owner.key.argStart = process.argStart;
    owner.fileInode = process.inode;
    owner.fileDevice = 1;
    owner.fileGeneration = generation;
  }
  kj::Maybe<NotedOwner> find(uint64_t cookie) const override {
    auto at = byCookie.find(cookie);
    if (at == byCookie.end()) return nullptr;
    return at->second;
  }
  kj::Maybe<ClosedSocket> findClosed(const ClosedQuestion& asked) const override {
    auto at = closedByPort.find(asked.port);
    if (at == closedByPort.end()) return nullptr;
    return at->second;
  }
};

}  // namespace portreeve::attributor
