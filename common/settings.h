// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve.toml, checked: unknown keys and wrong types are errors with file, line and column.
#pragma once

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve {

enum class DefaultAction : uint8_t { ALLOW, BLOCK, DROP, ASK };

struct Settings {
  // Each field is one key; what stands here is its default.
  struct Policy {
    DefaultAction defaultAction = DefaultAction::ALLOW;  // default
    bool keepExisting = true;                            // keep_existing
    kj::Vector<kj::String>
        builtinOff;  // builtin_off = []: names of built-in rules that are left out
  } policy;
  struct Resolver {
    kj::Vector<kj::String> listen;     // listen = ["127.0.0.1:53", "[::1]:53"]
    kj::Vector<kj::String> upstreams;  // upstreams = []: recursion from the root; "192.0.2.1",
                                       // "udp://192.0.2.1:53", "[2001:db8::1]:53"
  } resolver;
  struct Gateway {
    kj::Vector<kj::String> listen;  // listen = ["127.0.0.1:817", "[::1]:817"]
  } gateway;
  struct Interceptor {
    bool respectHostRules = false;          // host_rules = "bypass" | "respect"
    kj::String iptables = kj::str("auto");  // iptables = "auto" | "nft" | "legacy"
    uint32_t queues = 1;                    // queues: netfilter queues a hook and family, 1 to 10
    uint32_t timeoutMs =
        3000;  // timeout_ms: how long a packet may wait for its verdict, 100 to 60000
  } interceptor;

  struct Attributor {
    bool bpf = true;  // bpf = "auto" | "off"
  } attributor;

  static Settings load(kj::StringPtr file);
  // A missing file means all defaults. Throws FAILED "file:line:column: reason" on bad content.
};

kj::StringPtr toText(DefaultAction action);

}  // namespace portreeve
