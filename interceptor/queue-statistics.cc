// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/queue-statistics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <kj/debug.h>
#include <stdio.h>
#include <unistd.h>

namespace portreeve::interceptor {
namespace {

constexpr const char* FILE_NAME = "/proc/net/netfilter/nfnetlink_queue";

int openFile() {
  int fd;
  KJ_SYSCALL(fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC), FILE_NAME);
  return fd;
}

}  // namespace

kj::Vector<QueueCounts> parseQueueCounts(kj::StringPtr text) {
  // net/netfilter/nfnetlink_queue.c, seq_show: number, port id, waiting, copy mode, copy range,
  // dropped by the full queue, dropped by the full socket, last packet number, 1.
  kj::Vector<QueueCounts> counts;
  for (const char* line = text.begin(); line < text.end();) {
    QueueCounts one;
    int fields =
        sscanf(line, "%" SCNu16 " %" SCNu32 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64,
               &one.queue, &one.holder, &one.waiting, &one.overflowed, &one.lost, &one.seen);
    if (fields == 6) counts.add(one);
    while (line < text.end() && *line != '\n') line++;
    line++;
  }
  return counts;
}

QueueStatistics::QueueStatistics() : file(openFile()) {}

kj::Vector<QueueCounts> QueueStatistics::read() const {
  char text[4096];
  ssize_t got = pread(file, text, sizeof text - 1, 0);
  if (got < 0) return {};
  text[got] = 0;
  return parseQueueCounts(kj::StringPtr(text, size_t(got)));
}

}  // namespace portreeve::interceptor
