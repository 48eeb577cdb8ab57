// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel counts of its queues: /proc/net/netfilter/nfnetlink_queue.
#pragma once

#include <kj/io.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::interceptor {

struct QueueCounts {
  uint16_t queue = 0;
  uint32_t holder = 0;  // port id of the netlink socket that it is bound to: mostly a pid
  uint64_t waiting = 0;
  uint64_t seen = 0;        // packets numbered so far (the kernel's count is 32 bits wide)
  uint64_t overflowed = 0;  // dropped because the queue was full
  uint64_t lost = 0;        // dropped because our socket was full
};

kj::Vector<QueueCounts> parseQueueCounts(kj::StringPtr text);
// Lines that are not like the kernel's are left out.

class QueueStatistics {
public:
  QueueStatistics();
  // Opens the file once, for the sandbox. Throws FAILED.

  kj::Vector<QueueCounts> read() const;

private:
  kj::AutoCloseFd file;
};

}  // namespace portreeve::interceptor
