// SPDX-License-Identifier: GPL-3.0-or-later
// Builds messages for tests, octet by octet, so that malformed ones can be said too.
#pragma once

#include "resolver/message.h"

#include <kj/debug.h>
#include <kj/vector.h>

#include <initializer_list>
#include <string_view>

namespace portreeve::resolver {

class Sample {
public:
  Sample& u8(int value) {
    octets.add(kj::byte(value));
    return *this;
  }
  Sample& u16(int value) { return u8(value >> 8).u8(value & 0xff); }
  Sample& u32(uint32_t value) { return u16(int(value >> 16)).u16(int(value & 0xffff)); }
  Sample& bytes(std::string_view data) {
    octets.addAll(data.begin(), data.end());
    return *this;
  }
  Sample& name(kj::StringPtr text) { return bytes(KJ_ASSERT_NONNULL(Name::parse(text)).wire()); }
  Sample& pointer(int offset) { return u16(0xc000 | offset); }
  Sample& header(int flags, std::initializer_list<int> counts) {
    u16(0x1234).u16(flags);
    for (int count : counts) u16(count);
    return *this;
  }
  Sample& question(kj::StringPtr text, int type, int klass = CLASS_IN) {
    return name(text).u16(type).u16(klass);
  }
  Sample& afterOwner(int type, uint32_t ttl, std::string_view data) {
    // What follows an owner's name that stands already.
    return u16(type).u16(CLASS_IN).u32(ttl).u16(int(data.size())).bytes(data);
  }
  Sample& opt(int udpSize, uint32_t ttl = 0, std::string_view options = {}) {
    return u8(0).u16(TYPE_OPT).u16(udpSize).u32(ttl).u16(int(options.size())).bytes(options);
  }
  kj::ArrayPtr<const kj::byte> message() const { return octets.asPtr(); }

private:
  kj::Vector<kj::byte> octets;
};

constexpr int RECURSION_DESIRED = 0x0100, RESPONSE = 0x8180;

inline Sample simpleQuery(kj::StringPtr name, int type) {
  Sample sample;
  sample.header(RECURSION_DESIRED, {1, 0, 0, 0}).question(name, type);
  return sample;
}

}  // namespace portreeve::resolver
