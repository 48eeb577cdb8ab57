// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a small database in MaxMind's format, version 2.0 (maxmind.github.io/MaxMind-DB).
#pragma once

#include "common/address.h"

#include <kj/debug.h>
#include <stdio.h>

#include <string>
#include <vector>

namespace portreeve::rules {

class TestDatabase {
public:
  static std::string text(const std::string& value) {
    // At most 284 bytes; past 28 the rest of the size is a byte of its own.
    auto size = value.size();
    auto head = size < 29 ? std::string(1, char(2 << 5 | int(size)))
                          : std::string{char(2 << 5 | 29), char(size - 29)};
    return head + value;
  }
  static std::string number32(uint32_t value) { return bytes(6 << 5 | 4, value, 4); }
  static std::string number16(uint16_t value) { return bytes(5 << 5 | 2, value, 2); }
  static std::string number64(uint64_t value) { return bytes(8, value, 8).insert(1, 1, char(2)); }
  static std::string map(const std::vector<std::string>& keysAndValues) {
    std::string all(1, char(7 << 5 | int(keysAndValues.size() / 2)));
    for (auto& one : keysAndValues) all += one;
    return all;
  }

  void add(kj::StringPtr network, const std::string& value) {
    auto parsed = KJ_ASSERT_NONNULL(Network::parse(network));
    // IPv4 stands at ::/96 in a tree of IPv6.
    if (parsed.base.isV4()) parsed.base.bytes[10] = parsed.base.bytes[11] = 0;
    int node = 0;
    for (unsigned bit = 0; bit < parsed.prefix; bit++) {
      int side = parsed.base.bytes[bit / 8] >> (7 - bit % 8) & 1;
      if (bit + 1 == parsed.prefix) {
        nodes[node].side[side] = -int(data.size()) - 1;
      } else {
        if (nodes[node].side[side] == 0) {
          int fresh = int(nodes.size());
          nodes[node].side[side] = fresh;
          nodes.push_back({});
        }
        node = nodes[node].side[side];
      }
    }
    data += value;
  }

  void write(kj::StringPtr path, const std::string& type) const {
    std::string all;
    for (auto& node : nodes)
      for (int side : node.side) all += record(side);
    all += std::string(16, '\0') + data + "\xab\xcd\xefMaxMind.com";
    all += map({text("node_count"), number32(uint32_t(nodes.size())), text("record_size"),
                number16(24), text("ip_version"), number16(6), text("database_type"), text(type),
                text("languages"), std::string("\x00\x04", 2), text("binary_format_major_version"),
                number16(2), text("binary_format_minor_version"), number16(0), text("build_epoch"),
                number64(1), text("description"), map({})});
    FILE* file = fopen(path.cStr(), "w");
    KJ_ASSERT(file != nullptr && fwrite(all.data(), 1, all.size(), file) == all.size());
    fclose(file);
  }

private:
  struct Node {
    int side[2] = {0, 0};  // 0: nothing; below 0: data at -value - 1
  };
  std::vector<Node> nodes{1};
  std::string data;

  static std::string bytes(int control, uint64_t value, unsigned count) {
    std::string all(1, char(control));
    for (unsigned i = count; i > 0; i--) all += char(value >> 8 * (i - 1));
    return all;
  }

  std::string record(int side) const {
    uint32_t count = uint32_t(nodes.size());
    uint32_t value = side > 0    ? uint32_t(side)
                     : side == 0 ? count
                                 : count + 16 + uint32_t(-side - 1);
    return {char(value >> 16), char(value >> 8), char(value)};
  }
};

}  // namespace portreeve::rules
