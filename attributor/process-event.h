// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel's word of processes (cn_proc: linux/cn_proc.h), as it stands in a datagram. Pure.
#pragma once

#include <kj/common.h>
#include <kj/function.h>

#include <cstdint>

namespace portreeve::attributor {

struct ProcessEvent {
  enum class Kind : uint8_t {
    EXECUTED,  // it runs another program now
    ENDED      // as a whole, not one of its threads
  };
  Kind kind;
  int32_t pid;
};

void readProcessEvents(kj::ArrayPtr<const kj::byte> datagram,
                       kj::FunctionParam<void(const ProcessEvent&)> each);
// Those that it has whole, and of these two kinds. The datagram is aligned for netlink's headers.

}  // namespace portreeve::attributor
