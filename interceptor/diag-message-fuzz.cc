// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/diag-message.h"
#include "tests/fuzz/fuzz-target.h"
#include "tests/fuzz/netlink-input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace portreeve;
  NetlinkInput input(data, size);
  input.forEach([](const nlmsghdr* message) {
    KJ_IF_MAYBE (socket, interceptor::diagMessage(message))
      interceptor::socketId(interceptor::tupleOf(*socket, PROTOCOL_TCP));
  });
  return 0;
}
