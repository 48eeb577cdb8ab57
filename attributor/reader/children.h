// SPDX-License-Identifier: GPL-3.0-or-later
// The children of a process (proc(5): /proc/PID/task/TID/children).
#pragma once

#include <kj/vector.h>
#include <sys/types.h>

namespace portreeve::reader {

void childrenOf(int proc, pid_t parent, kj::Vector<int>& children);
// Replaces `children` by those that its first thread made, the oldest first: at most the oldest
// 4096 or so. None where the kernel lacks CONFIG_PROC_CHILDREN.

}  // namespace portreeve::reader
