// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/verdict.h"

#include "common/marks.h"

#include <linux/netfilter.h>

namespace portreeve::interceptor {

KernelVerdict kernelVerdict(proto::Verdict verdict, uint32_t packetMark) {
  if (packetMark != 0) {
    // An arriving mark is never trusted because it looks like one of ours: all are foreign.
    if (verdict == proto::Verdict::ACCEPT) return {NF_ACCEPT, 0};
    if (verdict == proto::Verdict::ACCEPT_ONCE) return {NF_STOP, 0};
  }
  uint32_t mark = markOf(verdict);
  return {NF_ACCEPT, mark == 0 ? MARK_DROP_ONCE : mark};
}

}  // namespace portreeve::interceptor
