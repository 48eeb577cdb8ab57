// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/conntrack-message.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/netlink-input.h"

#include <stdlib.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace portreeve;
  NetlinkInput input(data, size);
  input.forEach([](const nlmsghdr* message) {
    KJ_IF_MAYBE (entry, interceptor::decodeEntry(message)) {
      // What was read can be named again: the kernel is asked by it.
      alignas(8) char buffer[512];
      auto request = mnl_nlmsg_put_header(buffer);
      interceptor::putOriginalTuple(request, entry->tuple);
      if (request->nlmsg_len > 256) abort();
    }
  });
  return 0;
}
