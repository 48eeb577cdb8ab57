// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/settings.h"

#include "common/profile-reading.h"
#include "common/settings-gate.h"
#include "common/settings-section.h"

#include <errno.h>
#include <kj/debug.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>

namespace portreeve {
namespace {

kj::Maybe<kj::String> readFile(kj::StringPtr path) {
  FILE* file = fopen(path.cStr(), "re");
  if (file == nullptr && errno == ENOENT) return nullptr;
  if (file == nullptr) KJ_FAIL_SYSCALL("open the settings", errno, path);
  KJ_DEFER(fclose(file));
  kj::Vector<char> content;
  char part[4096];
  while (size_t got = fread(part, 1, sizeof part, file)) {
    content.addAll(part, part + got);
    KJ_REQUIRE(content.size() <= 1 << 20, kj::str(path, ": settings are longer than 1 MiB"));
  }
  content.add('\0');
  return kj::String(content.releaseAsArray());
}

void refuseUnknownSections(kj::StringPtr file, const toml::table& root) {
  static constexpr kj::StringPtr SECTIONS[] = {"policy"_kj,      "resolver"_kj,   "gateway"_kj,
                                               "interceptor"_kj, "attributor"_kj, "history"_kj,
                                               "gate"_kj,        "node"_kj};
  for (auto&& [key, value] : root) {
    auto word = kj::heapString(key.str().data(), key.str().size());
    bool known = word == "list" || word == "profile";
    for (auto section : SECTIONS) known = known || word == section;
    if (known) continue;
    failAt(file, key.source(),
           kj::str("unknown section \"", word, "\"; there are: ", kj::strArray(SECTIONS, ", "),
                   ", list.NAME, profile.NAME"));
  }
}

void readPolicy(kj::StringPtr file, const toml::table& root, Settings::PolicyTable& policy) {
  Section section(file, root, "policy",
                  {"default", "keep_existing", "builtin_off", "unanswered", "answer_seconds"});
  policy.defaultAction = readDefault(section, "default").orDefault(policy.defaultAction);
  policy.unanswered = readUnanswered(section, "unanswered").orDefault(policy.unanswered);
  section.number("answer_seconds", 5, 600, policy.answerSeconds);
  section.boolean("keep_existing", policy.keepExisting);
  section.strings("builtin_off", policy.builtinOff);
}

void readInterceptor(kj::StringPtr file, const toml::table& root,
                     Settings::Interceptor& interceptor) {
  Section section(file, root, "interceptor",
                  {"host_rules", "iptables", "keep_awake", "queues", "timeout_ms"});
  KJ_IF_MAYBE (word, section.string("host_rules")) {
    if (*word != "bypass" && *word != "respect")
      section.fail(KJ_ASSERT_NONNULL(section.find("host_rules")), "host_rules",
                   "must be \"bypass\" or \"respect\"");
    interceptor.respectHostRules = *word == "respect";
  }
  KJ_IF_MAYBE (word, section.string("iptables")) {
    if (*word != "auto" && *word != "nft" && *word != "legacy")
      section.fail(KJ_ASSERT_NONNULL(section.find("iptables")), "iptables",
                   "must be \"auto\", \"nft\" or \"legacy\"");
    interceptor.iptables = kj::mv(*word);
  }
  section.number("queues", 1, 10, interceptor.queues);
  section.number("timeout_ms", 100, 60000, interceptor.timeoutMs);
  section.boolean("keep_awake", interceptor.keepAwake);
}

void readAttributor(kj::StringPtr file, const toml::table& root, Settings::Attributor& attributor) {
  Section section(file, root, "attributor", {"bpf", "sock_diag"});
  auto autoOrOff = [&](kj::StringPtr name, bool& value) {
    KJ_IF_MAYBE (word, section.string(name)) {
      if (*word != "auto" && *word != "off")
        section.fail(KJ_ASSERT_NONNULL(section.find(name)), name, "must be \"auto\" or \"off\"");
      value = *word == "auto";
    }
  };
  autoOrOff("bpf", attributor.bpf);
  autoOrOff("sock_diag", attributor.sockDiag);
}

void readZones(kj::StringPtr file, const toml::node& node,
               kj::Vector<Settings::Resolver::Zone>& zones) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    failAt(file, node.source(),
           "resolver.zones is a table: [resolver.zones], then \"corp.example\" = [\"192.0.2.53\"]");
  for (auto&& [key, value] : *table) {
    auto& zone = zones.add();
    zone.name = kj::heapString(key.str().data(), key.str().size());
    const toml::array* list = value.as_array();
    for (size_t i = 0; list != nullptr && i < list->size(); i++) {
      auto* entry = list->get(i)->as_string();
      if (entry == nullptr)
        list = nullptr;
      else
        zone.upstreams.add(kj::heapString(entry->get().data(), entry->get().size()));
    }
    if (list == nullptr)
      failAt(
          file, value.source(),
          kj::str("resolver.zones.\"", zone.name, "\" must be a list of texts: [\"192.0.2.53\"]"));
  }
}

void readResolver(kj::StringPtr file, const toml::table& root, Settings::Resolver& resolver) {
  Section section(
      file, root, "resolver",
      {"listen", "upstreams", "zones", "split_dns", "mdns", "dnssec", "root_anchor", "root_hints",
       "cache_mib", "serve_stale", "refuse_lists", "refuse_with", "refuse_private", "private_names",
       "portal_minutes", "portal_page", "self_probe"});
  section.strings("listen", resolver.listen);
  section.strings("upstreams", resolver.upstreams);
  KJ_IF_MAYBE (node, section.find("zones")) readZones(file, *node, resolver.zones);
  section.boolean("split_dns", resolver.splitDns);
  section.boolean("mdns", resolver.mdns);
  KJ_IF_MAYBE (word, section.string("dnssec")) {
    if (*word == "auto")
      resolver.dnssec = Dnssec::AUTO;
    else if (*word == "on")
      resolver.dnssec = Dnssec::ON;
    else if (*word == "off")
      resolver.dnssec = Dnssec::OFF;
    else
      section.fail(KJ_ASSERT_NONNULL(section.find("dnssec")), "dnssec",
                   "must be \"auto\", \"on\" or \"off\"");
  }
  KJ_IF_MAYBE (path, section.string("root_anchor")) resolver.rootAnchor = kj::mv(*path);
  KJ_IF_MAYBE (path, section.string("root_hints")) resolver.rootHints = kj::mv(*path);
  section.number("cache_mib", 1, 4096, resolver.cacheMiB);
  section.boolean("serve_stale", resolver.serveStale);
  section.strings("refuse_lists", resolver.refuseLists);
  KJ_IF_MAYBE (word, section.string("refuse_with")) {
    if (*word == "nxdomain")
      resolver.refuseWith = RefuseWith::NXDOMAIN;
    else if (*word == "zero")
      resolver.refuseWith = RefuseWith::ZERO;
    else if (*word == "refused")
      resolver.refuseWith = RefuseWith::REFUSED;
    else
      section.fail(KJ_ASSERT_NONNULL(section.find("refuse_with")), "refuse_with",
                   "must be \"nxdomain\", \"zero\" or \"refused\"");
  }
  section.boolean("refuse_private", resolver.refusePrivate);
  section.strings("private_names", resolver.privateNames);
  section.number("portal_minutes", 0, 60, resolver.portalMinutes);
  KJ_IF_MAYBE (page, section.string("portal_page")) {
    if (!page->startsWith("http://"))
      section.fail(KJ_ASSERT_NONNULL(section.find("portal_page")), "portal_page",
                   "must be a page over plain HTTP: \"http://HOST/PATH\"");
    resolver.portalPage = kj::mv(*page);
  }
  section.number("self_probe", 0, 3600, resolver.selfProbe);
}

void readLists(kj::StringPtr file, const toml::table& root, kj::Vector<Settings::List>& lists) {
  const toml::node* node = root.get("list");
  if (node == nullptr) return;
  const toml::table* all = node->as_table();
  if (all == nullptr) failAt(file, node->source(), "\"list\" holds tables: [list.ads]");
  for (auto&& [key, value] : *all) {
    auto word = key.str();
    auto name = kj::heapString(word.data(), word.size());
    if (!isPlainName(name))
      failAt(file, key.source(),
             kj::str("\"", name, "\": a list's name has letters, digits, '-' and '_', at most 63"));
    Section section(file, *all, name, {"sources", "format", "allow"});
    Settings::List list;
    list.name = kj::mv(name);
    section.strings("sources", list.sources);
    section.strings("allow", list.allow);
    KJ_IF_MAYBE (format, section.string("format")) {
      bool known = false;
      for (auto one : {"auto", "hosts", "domains", "dnsmasq", "rpz", "adblock"})
        known = known || *format == one;
      if (!known)
        section.fail(
            KJ_ASSERT_NONNULL(section.find("format")), "format",
            "must be \"auto\", \"hosts\", \"domains\", \"dnsmasq\", \"rpz\" or \"adblock\"");
      list.format = kj::mv(*format);
    }
    if (list.sources.empty())
      failAt(file, value.source(), kj::str("list.", list.name, " needs sources = [\"…\"]"));
    lists.add(kj::mv(list));
  }
}

void readHistory(kj::StringPtr file, const toml::table& root, Settings::History& history) {
  Section section(file, root, "history", {"enabled", "keep_days", "max_mib", "queries"});
  section.boolean("enabled", history.enabled);
  section.boolean("queries", history.queries);
  section.number("keep_days", 1, 3650, history.keepDays);
  section.number("max_mib", 16, 1048576, history.maxMebibytes);
}

Settings defaults() {
  Settings settings;
  settings.resolver.listen.add(kj::str("127.0.0.1:53"));
  settings.resolver.listen.add(kj::str("[::1]:53"));
  settings.gateway.listen.add(kj::str("127.0.0.1:817"));
  settings.gateway.listen.add(kj::str("[::1]:817"));
  settings.node.listen.add(kj::str("0.0.0.0:17"));
  settings.node.listen.add(kj::str("[::]:17"));
  settings.node.exit.add(Scope::INTERNET);
  return settings;
}

toml::table parse(kj::StringPtr file, kj::StringPtr content) {
  try {
    return toml::parse(std::string_view(content.begin(), content.size()));
  } catch (const toml::parse_error& e) {
    failAt(file, e.source(),
           kj::str(kj::heapString(e.description().data(), e.description().size())));
  }
}

}  // namespace

void readPolicyTable(kj::StringPtr file, kj::StringPtr text, Settings::PolicyTable& table) {
  toml::table root = parse(file, text);
  for (auto&& [key, value] : root)
    if (key.str() != "policy") failAt(file, key.source(), "there is [policy] alone in this file");
  readPolicy(file, root, table);
}

Settings::PolicyTable Settings::PolicyTable::copy() const {
  PolicyTable same{defaultAction, unanswered, answerSeconds, keepExisting, {}};
  for (auto& name : builtinOff) same.builtinOff.add(kj::str(name));
  return same;
}

bool Settings::PolicyTable::operator==(const PolicyTable& other) const {
  return defaultAction == other.defaultAction && unanswered == other.unanswered &&
         answerSeconds == other.answerSeconds && keepExisting == other.keepExisting &&
         std::equal(builtinOff.begin(), builtinOff.end(), other.builtinOff.begin(),
                    other.builtinOff.end());
}

Settings Settings::load(kj::StringPtr file) {
  Settings settings = defaults();
  KJ_IF_MAYBE (content, readFile(file)) {
    toml::table root = parse(file, *content);
    refuseUnknownSections(file, root);
    readPolicy(file, root, settings.policy);
    readInterceptor(file, root, settings.interceptor);
    readAttributor(file, root, settings.attributor);
    readResolver(file, root, settings.resolver);
    readLists(file, root, settings.lists);
    settings.policy.profiles = readProfiles(file, root);
    readHistory(file, root, settings.history);
    Section gateway(file, root, "gateway", {"listen"});
    gateway.strings("listen", settings.gateway.listen);
    readGate(file, root, settings.gate);
    readNode(file, root, settings.node);
    for (auto& way : settings.gate.ways) settings.policy.ways.add(kj::str(way.name));
  }
  return settings;
}

}  // namespace portreeve
