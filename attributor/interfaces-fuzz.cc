// SPDX-License-Identifier: GPL-3.0-or-later
// A datagram of rtnetlink(7)'s about network interfaces, as it comes from the kernel.
#include "attributor/interfaces.h"
#include "tests/fuzz/fuzz-target.h"

#include <kj/array.h>
#include <linux/netlink.h>
#include <string.h>

namespace {

using namespace portreeve::attributor;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto datagram = kj::heapArray<kj::byte>(data, size);
  auto holds = [&](const char* text, size_t length) {
    auto first = reinterpret_cast<const kj::byte*>(text);
    return first >= datagram.begin() && first + length < datagram.end() && text[length] == 0;
  };
  size_t links = 0;
  readLinks(datagram, [&](const LinkMessage& link) {
    links++;
    require(link.name.size() == 0 || holds(link.name.begin(), link.name.size()));
    require(strlen(link.name.cStr()) == link.name.size());
  });
  require(links <= size / sizeof(nlmsghdr));
  return 0;
}
