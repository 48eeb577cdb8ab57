// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's word of each process that begins to run another program or ends (cn_proc, the
// process events connector): a socket that is opened here, where there is the right to it, and read
// by another process.
#pragma once

#include <kj/common.h>
#include <kj/io.h>
#include <kj/string.h>

namespace portreeve::keeper {

class ProcessEvents {
public:
  ProcessEvents();
  // Opens the socket and has the kernel say that it will tell. Call with CAP_NET_ADMIN and before
  // the sandbox. The kernel tells in the first network, process and user namespaces alone; where
  // there is no socket `whyNot` says the reason: never throws, since nobody depends on it.
  ~ProcessEvents() noexcept(false);
  // Has the kernel stop: one before Linux 6.6 would go on making events for nobody.
  KJ_DISALLOW_COPY(ProcessEvents);

  kj::Maybe<int> socket() const;
  // Non-blocking, for receiving alone. A filter in the kernel, which cannot be taken off, lets only
  // execve(2) and the end of whole processes through: forks and threads cost their reader nothing.
  kj::StringPtr whyNot() const { return reason; }  // empty where there is a socket

private:
  kj::AutoCloseFd events;
  kj::String reason;

  void open();
  void listen();
  void awaitAnswer();
};

}  // namespace portreeve::keeper
