// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/settings-catalogue.h"

namespace portreeve {
namespace {

using enum SettingKind;

constexpr kj::StringPtr AT_ONCE = "at once"_kj;
constexpr kj::StringPtr POLICY = "after a restart of portreeve-policy"_kj;
constexpr kj::StringPtr RESOLVER = "after a restart of portreeve-resolver"_kj;
constexpr kj::StringPtr INTERCEPTOR = "after a restart of portreeve-interceptor"_kj;
constexpr kj::StringPtr ATTRIBUTOR = "after a restart of portreeve-attributor"_kj;
constexpr kj::StringPtr HISTORY = "after a restart of portreeve-policy and portreeve-historian"_kj;
constexpr kj::StringPtr GATE = "after a restart of portreeve-gate and portreeve-policy"_kj;
constexpr kj::StringPtr NODE = "after a restart of portreeve-gate-node"_kj;
constexpr kj::StringPtr LISTS = "at the next update of the lists"_kj;
constexpr kj::StringPtr LISTEN =
    "after a restart of the suite; with systemd by `portreeve settings apply --restart`"_kj;
constexpr kj::StringPtr ACTIONS = "allow block drop"_kj;

// clang-format off
const SettingKey KEYS[] = {
    {"policy"_kj, "default"_kj, CHOICE, "\"allow\""_kj, AT_ONCE, ACTIONS},
    {"policy"_kj, "unanswered"_kj, CHOICE, "\"block\""_kj, AT_ONCE, ACTIONS},
    {"policy"_kj, "answer_seconds"_kj, NUMBER, "60"_kj, AT_ONCE, "", 5, 600},
    {"policy"_kj, "keep_existing"_kj, BOOLEAN, "true"_kj, AT_ONCE},
    {"policy"_kj, "builtin_off"_kj, TEXTS, "[]"_kj, AT_ONCE},
    {"resolver"_kj, "listen"_kj, TEXTS, "[\"127.0.0.1:53\", \"[::1]:53\"]"_kj, LISTEN},
    {"resolver"_kj, "upstreams"_kj, TEXTS, "[\"system\"]"_kj, RESOLVER},
    {"resolver"_kj, "zones"_kj, TABLES, "{}"_kj, RESOLVER},
    {"resolver"_kj, "split_dns"_kj, BOOLEAN, "true"_kj, RESOLVER},
    {"resolver"_kj, "mdns"_kj, BOOLEAN, "true"_kj, RESOLVER},
    {"resolver"_kj, "dnssec"_kj, CHOICE, "\"auto\""_kj, RESOLVER, "auto on off"_kj},
    {"resolver"_kj, "root_anchor"_kj, TEXT, "\"/usr/share/dns/root.key\""_kj, RESOLVER},
    {"resolver"_kj, "root_hints"_kj, TEXT, "\"\""_kj, RESOLVER},
    {"resolver"_kj, "cache_mib"_kj, NUMBER, "32"_kj, RESOLVER, "", 1, 4096},
    {"resolver"_kj, "serve_stale"_kj, BOOLEAN, "true"_kj, RESOLVER},
    {"resolver"_kj, "refuse_lists"_kj, TEXTS, "[]"_kj, RESOLVER},
    {"resolver"_kj, "refuse_with"_kj, CHOICE, "\"nxdomain\""_kj, RESOLVER, "nxdomain zero refused"_kj},
    {"resolver"_kj, "refuse_private"_kj, BOOLEAN, "false"_kj, RESOLVER},
    {"resolver"_kj, "private_names"_kj, TEXTS, "[]"_kj, RESOLVER},
    {"resolver"_kj, "portal_minutes"_kj, NUMBER, "10"_kj, RESOLVER, "", 0, 60},
    {"resolver"_kj, "portal_page"_kj, TEXT, "\"http://network-test.debian.org/nm\""_kj, RESOLVER},
    {"resolver"_kj, "self_probe"_kj, NUMBER, "10"_kj, RESOLVER, "", 0, 3600},
    {"gateway"_kj, "listen"_kj, TEXTS, "[\"127.0.0.1:817\", \"[::1]:817\"]"_kj, LISTEN},
    {"interceptor"_kj, "host_rules"_kj, CHOICE, "\"bypass\""_kj, INTERCEPTOR, "bypass respect"_kj},
    {"interceptor"_kj, "iptables"_kj, CHOICE, "\"auto\""_kj, INTERCEPTOR, "auto nft legacy"_kj},
    {"interceptor"_kj, "queues"_kj, NUMBER, "1"_kj, INTERCEPTOR, "", 1, 10},
    {"interceptor"_kj, "timeout_ms"_kj, NUMBER, "3000"_kj, INTERCEPTOR, "", 100, 60000},
    {"interceptor"_kj, "keep_awake"_kj, BOOLEAN, "true"_kj, INTERCEPTOR},
    {"attributor"_kj, "bpf"_kj, CHOICE, "\"auto\""_kj, ATTRIBUTOR, "auto off"_kj},
    {"attributor"_kj, "sock_diag"_kj, CHOICE, "\"auto\""_kj, ATTRIBUTOR, "auto off"_kj},
    {"history"_kj, "enabled"_kj, BOOLEAN, "true"_kj, HISTORY},
    {"history"_kj, "keep_days"_kj, NUMBER, "30"_kj, HISTORY, "", 1, 3650},
    {"history"_kj, "max_mib"_kj, NUMBER, "1024"_kj, HISTORY, "", 16, 1048576},
    {"history"_kj, "queries"_kj, BOOLEAN, "true"_kj, HISTORY},
    {"node"_kj, "listen"_kj, TEXTS, "[\"0.0.0.0:17\", \"[::]:17\"]"_kj, NODE},
    {"node"_kj, "key"_kj, TEXT, "\"\""_kj, NODE},
    {"node"_kj, "exit"_kj, TEXTS, "[\"internet\"]"_kj, NODE},
    {"list."_kj, "sources"_kj, TEXTS, ""_kj, LISTS},
    {"list."_kj, "format"_kj, CHOICE, "\"auto\""_kj, LISTS, "auto hosts domains dnsmasq rpz adblock"_kj},
    {"list."_kj, "allow"_kj, TEXTS, "[]"_kj, LISTS},
    {"profile."_kj, "default"_kj, CHOICE, ""_kj, POLICY, ACTIONS},
    {"profile."_kj, "unanswered"_kj, CHOICE, ""_kj, POLICY, ACTIONS},
    {"profile."_kj, "when"_kj, TABLES, "[]"_kj, POLICY},
    {"gate.way."_kj, "name"_kj, TEXT, ""_kj, GATE},
    {"gate.way."_kj, "type"_kj, CHOICE, ""_kj, GATE, "socks5 http gate17"_kj},
    {"gate.way."_kj, "server"_kj, TEXT, ""_kj, GATE},
    {"gate.way."_kj, "credentials"_kj, TEXT, "\"\""_kj, GATE},
    {"gate.way."_kj, "key"_kj, TEXT, ""_kj, GATE},
    {"gate.way."_kj, "own_key"_kj, TEXT, ""_kj, GATE},
    {"gate.way."_kj, "via"_kj, TEXT, "\"\""_kj, GATE},
    {"node.client."_kj, "name"_kj, TEXT, ""_kj, NODE},
    {"node.client."_kj, "key"_kj, TEXT, ""_kj, NODE},
};
// clang-format on

}  // namespace

kj::ArrayPtr<const SettingKey> settingKeys() {
  return KEYS;
}

kj::Maybe<const SettingKey&> findSetting(kj::StringPtr section, kj::StringPtr key) {
  for (auto& one : KEYS) {
    bool here = one.isOfMany() ? section.startsWith(one.section) : section == one.section;
    if (here && one.key == key) return one;
  }
  return nullptr;
}

kj::StringPtr toText(SettingKind kind) {
  switch (kind) {
    case CHOICE:
      return "choice";
    case NUMBER:
      return "number";
    case BOOLEAN:
      return "boolean";
    case TEXT:
      return "text";
    case TEXTS:
      return "texts";
    case TABLES:
      return "tables";
  }
  return "unknown";
}

}  // namespace portreeve
