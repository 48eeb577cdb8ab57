// SPDX-License-Identifier: GPL-3.0-or-later
// One datagram of netlink(7) messages as a fuzz target gets it: aligned, and no byte longer.
#pragma once

#include "interceptor/netlink-attributes.h"

#include <libmnl/libmnl.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace portreeve {

class NetlinkInput {
public:
  NetlinkInput(const uint8_t* data, size_t size) : size(size), bytes(new uint8_t[size]) {
    if (size > 0) memcpy(bytes.get(), data, size);
  }

  template <typename Each>
  void forEach(Each each) const {
    int left = int(size);
    auto message = reinterpret_cast<const nlmsghdr*>(bytes.get());
    for (; interceptor::messageFits(message, left); message = mnl_nlmsg_next(message, &left))
      each(message);
  }

  bool holds(const void* at, size_t length) const {
    auto first = static_cast<const uint8_t*>(at);
    return first >= bytes.get() && first + length <= bytes.get() + size;
  }

private:
  size_t size;
  std::unique_ptr<uint8_t[]> bytes;  // new[] aligns for any type
};

}  // namespace portreeve
