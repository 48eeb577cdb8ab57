// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/kernel.h"

#include "common/log.h"
#include "common/marks.h"
#include "interceptor/conntrack-events.h"
#include "interceptor/socket-events.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

namespace portreeve::interceptor {
namespace {

constexpr const char* ACCOUNTING = "/proc/sys/net/netfilter/nf_conntrack_acct";

kj::Vector<kj::Own<Queue>> bindQueues(uint32_t instances) {
  kj::Vector<kj::Own<Queue>> queues;
  for (uint16_t number : queueNumbers(instances))
    queues.add(kj::heap<Queue>(number, QUEUE_MAX_LENGTH / instances));
  return queues;
}

uint64_t netnsCookie(const NetlinkSocket& socket) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(socket.fd(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0) return 0;
  return cookie;
}

}  // namespace

Kernel::Kernel(uint32_t queuesAHook)
    : queues(bindQueues(queuesAHook)),
      conntrackEvents(openConntrackEvents()),
      socketEvents(openSocketEvents()),
      netns(netnsCookie(conntrackEvents)) {}

void countConntrackBytes() {
  int fd = open(ACCOUNTING, O_WRONLY | O_CLOEXEC);
  kj::AutoCloseFd closer(fd);
  if (fd < 0 || write(fd, "1", 1) != 1)
    log::warning(kj::str("counting the bytes of connections: ", ACCOUNTING, ": ", strerror(errno),
                         ": connections are shown without their bytes"));
}

}  // namespace portreeve::interceptor
