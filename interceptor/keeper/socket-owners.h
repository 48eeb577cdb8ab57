// SPDX-License-Identifier: GPL-3.0-or-later
// Who uses which socket, as the kernel itself notes it (common/socket-owner-table.h): BPF programs
// on the root of the cgroup v2 hierarchy, which see every process of the machine. They need no
// kprobes, allow everything, and are gone when this object or its process is.
#pragma once

#include <kj/common.h>
#include <kj/io.h>
#include <kj/memory.h>
#include <kj/string.h>

namespace portreeve::keeper {

class SocketOwners {
public:
  explicit SocketOwners(bool wanted);
  // Loads and attaches the programs, and tries them on a socket of its own. Call as root, before
  // capabilities are given up and the sandbox is entered: it needs CAP_BPF, CAP_PERFMON and
  // CAP_NET_ADMIN (CAP_SYS_ADMIN before Linux 5.8). Where that fails there is no table, and
  // `whyNot` says the reason: never throws, since others find a socket's owner as well.
  ~SocketOwners() noexcept(false);
  KJ_DISALLOW_COPY(SocketOwners);

  kj::Maybe<int> table() const;
  // The map, to be mapped with PROT_READ; frozen, so that no system call can write to it.
  kj::StringPtr whyNot() const { return reason; }  // empty where there is a table

private:
  struct Programs;
  kj::Maybe<kj::Own<Programs>> programs;
  kj::String reason;
};

}  // namespace portreeve::keeper
