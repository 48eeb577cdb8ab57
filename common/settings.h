// SPDX-License-Identifier: GPL-3.0-or-later
// portreeve.toml, checked: unknown keys and wrong types are errors with file, line and column.
#pragma once

#include "common/profile-settings.h"
#include "common/server-address.h"

#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve {

enum class RefuseWith : uint8_t { NXDOMAIN, ZERO, REFUSED };
enum class Dnssec : uint8_t { AUTO, ON, OFF };  // AUTO: where upstreams give signatures

enum class WayType : uint8_t { SOCKS5, HTTP, GATE17 };

struct Settings {
  // Each field is one key; what stands here is its default.
  struct PolicyTable {
    // What [policy] itself holds: `portreeve settings set` changes it while the suite runs.
    DefaultAction defaultAction = DefaultAction::ALLOW;  // default
    DefaultAction unanswered = DefaultAction::BLOCK;
    // unanswered = "block" | "drop" | "allow": what holds for what asks while nobody answers
    uint32_t answerSeconds =
        60;                    // answer_seconds: how long a connection waits for a person, 5 to 600
    bool keepExisting = true;  // keep_existing
    kj::Vector<kj::String>
        builtinOff;  // builtin_off = []: names of built-in rules that are left out

    PolicyTable copy() const;
    bool operator==(const PolicyTable& other) const;
  };
  struct Policy : PolicyTable {
    kj::Vector<Profile> profiles;  // [profile.NAME], in the file's order
    kj::Vector<kj::String> ways;   // the names of [[gate.way]], which rules may use
    bool othersHaveDnsPort = false;
    // 127.0.0.1:53 is not among the places where the resolver listens (dns-place.h)
  } policy;
  struct Resolver {
    kj::Vector<kj::String> listen;  // listen = ["127.0.0.1:53", "[::1]:53"]
    kj::Vector<kj::String> upstreams;
    // upstreams = ["system"]: what the network gave this machine, else from the root; ["root"]; or
    // servers: see resolver/upstream.h
    struct Zone {
      kj::String name;
      kj::Vector<kj::String> upstreams;
    };
    kj::Vector<Zone> zones;  // [resolver.zones] "corp.example" = ["192.0.2.53"]
    bool splitDns = true;    // split_dns: zones that the network's links bring, too
    bool mdns = true;        // names below local are asked for on the links
    kj::String rootAnchor = kj::str("/usr/share/dns/root.key");
    // root_anchor: the key that is trusted; "" validates nothing
    Dnssec dnssec = Dnssec::AUTO;        // dnssec = "auto" | "on" | "off": answers of upstreams
    kj::String rootHints;                // root_hints = "": the root servers libunbound knows
    uint32_t cacheMiB = 32;              // cache_mib: answers kept, 1 to 4096
    bool serveStale = true;              // serve_stale: old answers while nobody can be asked
    kj::Vector<kj::String> refuseLists;  // refuse_lists = []: lists whose names nobody is given
    RefuseWith refuseWith = RefuseWith::NXDOMAIN;  // refuse_with = "nxdomain" | "zero" | "refused"
    bool refusePrivate = false;  // refuse_private: private addresses in answers from outside
    kj::Vector<kj::String> privateNames;  // private_names = []: that may have them nevertheless
    uint32_t portalMinutes = 10;  // portal_minutes = 10: that a captive portal's names are let
                                  // through, at most 60; 0: portals are not looked for
    kj::String portalPage = kj::str("http://network-test.debian.org/nm");
    // portal_page: what is fetched to see whether there is one
    uint32_t selfProbe = 10;  // self_probe = 10: seconds between two datagrams that it sends itself
                              // to see whether packets pass, at most 3600; 0: none
  } resolver;
  struct List {
    kj::String name;                 // [list.NAME]
    kj::Vector<kj::String> sources;  // sources = []: files, or https:// URLs
    kj::String format = kj::str("auto");
    // format = "auto" | "hosts" | "domains" | "dnsmasq" | "rpz" | "adblock"
    kj::Vector<kj::String> allow;  // allow = []: names taken out, with what is below them
  };
  kj::Vector<List> lists;
  struct Gateway {
    kj::Vector<kj::String> listen;  // listen = ["127.0.0.1:817", "[::1]:817"]
  } gateway;
  struct Interceptor {
    bool respectHostRules = false;          // host_rules = "bypass" | "respect"
    kj::String iptables = kj::str("auto");  // iptables = "auto" | "nft" | "legacy"
    uint32_t queues = 1;                    // queues: netfilter queues a hook and family, 1 to 10
    uint32_t timeoutMs =
        3000;               // timeout_ms: how long a packet may wait for its verdict, 100 to 60000
    bool keepAwake = true;  // keep_awake: cores do not sleep while a verdict is on its way
  } interceptor;
  struct History {
    bool enabled = true;           // false: nothing is recorded; what was stays until it is old
    uint32_t keepDays = 30;        // keep_days: 1 to 3650
    uint32_t maxMebibytes = 1024;  // max_mib: of the database file; 16 to 1048576
    bool queries = true;           // queries: names that were asked for are recorded, too
  } history;

  struct Way {
    // [[gate.way]]
    kj::String name;
    WayType type = WayType::SOCKS5;  // type = "socks5" | "http" | "gate17"
    ServerAddress server;            // server = "ADDRESS:PORT" | "NAME:PORT"
    kj::String credentials;  // credentials = "": socks5, http: a file with user and password, a
                             // line each
    kj::String key;          // key: gate17: the node's public key
    kj::String ownKey;       // own_key: gate17: a file with our private key
    kj::String via;          // via = "": gate17: the way, named above, that leads to the node
  };
  struct Gate {
    kj::Vector<Way> ways;
  } gate;

  struct NodeClient {
    // [[node.client]]
    kj::String name;
    kj::String key;  // its public key
  };
  struct Node {
    // Of portreeve-gate --node alone.
    kj::Vector<kj::String> listen;  // listen = ["0.0.0.0:17", "[::]:17"]
    kj::String key;                 // key: a file with its private key
    kj::Vector<Scope> exit;         // exit = ["internet"]: where clients may go
    kj::Vector<NodeClient> clients;
  } node;

  struct Attributor {
    bool bpf = true;       // bpf = "auto" | "off"
    bool sockDiag = true;  // sock_diag = "auto" | "off"
  } attributor;

  static Settings load(kj::StringPtr file);
  // A missing file means all defaults. Throws FAILED "file:line:column: reason" on bad content.
};

void readPolicyTable(kj::StringPtr file, kj::StringPtr text, Settings::PolicyTable& table);
// TOML with nothing but a [policy]: what it says takes the place of what `table` has. Throws FAILED
// "file:line:column: reason"; `table` is of no use then.

kj::StringPtr toText(WayType type);  // "socks5", "http", "gate17"

}  // namespace portreeve
