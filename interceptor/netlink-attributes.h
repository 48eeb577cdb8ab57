// SPDX-License-Identifier: GPL-3.0-or-later
// What libmnl leaves open in reading messages: whether one fits in what was received, and its
// attributes for a range-based for loop (libmnl's own macros are C). Ends
// at the first attribute that does not fit in.
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>

namespace portreeve::interceptor {

inline bool messageFits(const nlmsghdr* message, int left) {
  // mnl_nlmsg_ok takes a length above 2^31 for a negative one, and so for one that fits.
  return left >= int(sizeof(nlmsghdr)) && message->nlmsg_len >= sizeof(nlmsghdr) &&
         message->nlmsg_len <= uint32_t(left);
}

class Attributes {
public:
  Attributes(const nlmsghdr* message, size_t familyHeaderBytes)
      : first(static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, familyHeaderBytes))),
        last(reinterpret_cast<const char*>(message) + message->nlmsg_len) {}

  explicit Attributes(const nlattr* nest)
      : first(static_cast<const nlattr*>(mnl_attr_get_payload(nest))),
        last(static_cast<const char*>(mnl_attr_get_payload(nest)) +
             mnl_attr_get_payload_len(nest)) {}

  struct End {};
  class Iterator {
  public:
    Iterator(const nlattr* at, const char* last) : at(at), last(last) {}
    const nlattr* operator*() const { return at; }
    Iterator& operator++() {
      at = mnl_attr_next(at);
      return *this;
    }
    bool operator!=(End) const {
      return mnl_attr_ok(at, int(last - reinterpret_cast<const char*>(at)));
    }

  private:
    const nlattr* at;
    const char* last;
  };

  Iterator begin() const { return {first, last}; }
  End end() const { return {}; }

private:
  const nlattr* first;
  const char* last;
};

}  // namespace portreeve::interceptor
