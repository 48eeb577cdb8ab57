// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/profile-reading.h"

#include <algorithm>

namespace portreeve {
namespace {

constexpr size_t MAC_LENGTH = 17;  // "02:00:5e:10:00:01"

kj::Maybe<kj::String> parseMac(kj::StringPtr written) {
  if (written.size() != MAC_LENGTH) return nullptr;
  auto mac = kj::heapString(written);
  for (size_t i = 0; i < MAC_LENGTH; i++) {
    char& c = mac[i];
    if (i % 3 == 2) {
      if (c != ':' && c != '-') return nullptr;
      c = ':';
      continue;
    }
    if (c >= 'A' && c <= 'F') c = char(c + ('a' - 'A'));
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return nullptr;
  }
  return kj::mv(mac);
}

NetworkCondition readCondition(kj::StringPtr file, const toml::node& node, kj::StringPtr name) {
  if (!node.is_table() || node.as_table()->empty())
    failAt(file, node.source(),
           kj::str(name, " wants tables: when = [{ gateway = \"02:…\" }, { ssid = \"…\" }]"));
  Section section(file, node, name, {"gateway", "ssid", "interface", "vpn"});
  NetworkCondition condition;
  KJ_IF_MAYBE (written, section.string("gateway")) {
    condition.gateway = parseMac(*written);
    if (condition.gateway == nullptr)
      section.fail("gateway", "must be a MAC address: \"02:00:5e:10:00:01\"");
  }
  condition.ssid = section.string("ssid");
  condition.interface = section.string("interface");
  if (section.find("vpn") != nullptr) {
    bool vpn = false;
    section.boolean("vpn", vpn);
    condition.vpn = vpn;
  }
  return condition;
}

kj::Vector<NetworkCondition> readConditions(kj::StringPtr file, const toml::node& node,
                                            kj::StringPtr name) {
  kj::Vector<NetworkCondition> conditions;
  if (const toml::array* list = node.as_array()) {
    for (auto& entry : *list) conditions.add(readCondition(file, entry, name));
  } else {
    conditions.add(readCondition(file, node, name));
  }
  return conditions;
}

Profile readProfile(kj::StringPtr file, const toml::key& key, const toml::node& value) {
  Profile profile;
  profile.name = kj::heapString(key.str().data(), key.str().size());
  if (!isPlainName(profile.name) || profile.name == "auto" || profile.name == "none")
    failAt(file, key.source(),
           kj::str("\"", profile.name,
                   "\": a profile's name has letters, digits, '-' and '_', at most 63, and is "
                   "neither auto nor none"));
  auto name = kj::str("profile.", profile.name);
  Section section(file, value, name, {"default", "unanswered", "when"});
  profile.defaultAction = readDefault(section, "default");
  profile.unanswered = readUnanswered(section, "unanswered");
  KJ_IF_MAYBE (node, section.find("when"))
    profile.when = readConditions(file, *node, kj::str(name, ".when"));
  return profile;
}

template <typename T>
bool isBefore(const T& a, const T& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

}  // namespace

kj::Maybe<DefaultAction> readDefault(const Section& section, kj::StringPtr key) {
  KJ_IF_MAYBE (word, section.string(key)) {
    for (auto action : {DefaultAction::ALLOW, DefaultAction::BLOCK, DefaultAction::DROP})
      if (*word == toText(action)) return action;
    if (*word == "ask")
      section.fail(key, "= \"ask\" is not available in this version: take allow, block or drop");
    section.fail(key, "must be \"allow\", \"block\" or \"drop\"");
  }
  return nullptr;
}

kj::Maybe<DefaultAction> readUnanswered(const Section& section, kj::StringPtr key) {
  KJ_IF_MAYBE (word, section.string(key)) {
    for (auto action : {DefaultAction::ALLOW, DefaultAction::BLOCK, DefaultAction::DROP})
      if (*word == toText(action)) return action;
    section.fail(key, "must be \"allow\", \"block\" or \"drop\": nobody is there to be asked");
  }
  return nullptr;
}

kj::Vector<Profile> readProfiles(kj::StringPtr file, const toml::table& root) {
  kj::Vector<Profile> profiles;
  const toml::node* node = root.get("profile");
  if (node == nullptr) return profiles;
  const toml::table* all = node->as_table();
  if (all == nullptr) failAt(file, node->source(), "\"profile\" holds tables: [profile.home]");
  // The table is sorted by name; what counts is the order in the file.
  kj::Vector<std::pair<toml::source_position, Profile>> read;
  for (auto&& [key, value] : *all) read.add(key.source().begin, readProfile(file, key, value));
  std::sort(read.begin(), read.end(), [](auto& a, auto& b) { return isBefore(a.first, b.first); });
  for (auto& one : read) profiles.add(kj::mv(one.second));
  return profiles;
}

kj::String NetworkCondition::toString() const {
  kj::Vector<kj::String> parts;
  KJ_IF_MAYBE (value, gateway) parts.add(kj::str("gateway = \"", *value, '"'));
  KJ_IF_MAYBE (value, ssid) parts.add(kj::str("ssid = \"", *value, '"'));
  KJ_IF_MAYBE (value, interface) parts.add(kj::str("interface = \"", *value, '"'));
  KJ_IF_MAYBE (value, vpn) parts.add(kj::str("vpn = ", *value ? "true" : "false"));
  return kj::str("{ ", kj::strArray(parts, ", "), " }");
}

kj::StringPtr toText(DefaultAction action) {
  switch (action) {
    case DefaultAction::ALLOW:
      return "allow";
    case DefaultAction::BLOCK:
      return "block";
    case DefaultAction::DROP:
      return "drop";
    case DefaultAction::ASK:
      return "ask";
  }
  return "unknown";
}

}  // namespace portreeve
