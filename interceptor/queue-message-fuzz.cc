// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/queue.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/netlink-input.h"

#include <stdlib.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  portreeve::NetlinkInput input(data, size);
  input.forEach([&](const nlmsghdr* message) {
    kj::ArrayPtr<const kj::byte> start;
    KJ_IF_MAYBE (facts, portreeve::interceptor::decodePacket(message, start)) {
      if (start.size() > 0 && !input.holds(start.begin(), start.size())) abort();
      if (start.size() > 0 && facts->length == 0) abort();
    }
  });
  return 0;
}
