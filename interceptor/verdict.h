// SPDX-License-Identifier: GPL-3.0-or-later
// From the suite's verdict to what the kernel is told about one packet. A pure function.
#pragma once

#include "proto/flow.capnp.h"

#include <cstdint>

namespace portreeve::interceptor {

struct KernelVerdict {
  uint32_t verdict;  // NF_ACCEPT, NF_STOP (linux/netfilter.h)
  uint32_t mark;     // for NFQA_MARK; 0: the packet's own mark is not touched

  bool operator==(const KernelVerdict& other) const = default;
};

KernelVerdict kernelVerdict(proto::Verdict verdict, uint32_t packetMark);
// Every verdict is NF_ACCEPT with a mark on which filter C17 acts. But a packet that came with
// another program's mark (wg-quick, policy routing) keeps it where it is allowed, or it would be
// routed again without it: for good is NF_ACCEPT without a mark, once is NF_STOP, which skips the
// rest of the hook. NONE and what this build does not know are a temporary drop.

}  // namespace portreeve::interceptor
