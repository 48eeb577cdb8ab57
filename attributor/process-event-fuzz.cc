// SPDX-License-Identifier: GPL-3.0-or-later
// A datagram of the kernel's about processes (cn_proc).
#include "attributor/process-event.h"
#include "tests/fuzz/fuzz-target.h"

#include <kj/array.h>
#include <linux/netlink.h>

using namespace portreeve::attributor;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto datagram = kj::heapArray<kj::byte>(data, size);
  size_t events = 0;
  readProcessEvents(datagram, [&](const ProcessEvent& event) {
    events++;
    require(event.pid > 0);
    require(event.kind == ProcessEvent::Kind::EXECUTED || event.kind == ProcessEvent::Kind::ENDED);
  });
  require(events <= size / sizeof(nlmsghdr));
  return 0;
}
