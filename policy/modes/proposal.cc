// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/modes/proposal.h"

#include "common/tuple.h"
#include "policy/rule-files.h"
#include "policy/rules/glob.h"
#include "policy/toml-text.h"

#include <libpsl.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace portreeve::policy {
namespace {

constexpr size_t MOST_EXAMPLES = 3;

struct Group {
  // What one rule is made of.
  std::set<uint32_t> uids;
  std::set<uint8_t> protocols;
  std::set<uint16_t> ports;
  std::set<std::string> domains, addresses;
  size_t kinds = 0;
  LearnedCount count;
  std::vector<std::string> examples;

  void add(const LearnedKind& kind, const LearnedCount& seen) {
    uids.insert(kind.uid);
    protocols.insert(kind.protocol);
    ports.insert(kind.port);
    (kind.domain.empty() ? addresses : domains)
        .insert(kind.domain.empty() ? kind.address : kind.domain);
    kinds++;
    count.connections += seen.connections;
    count.firstNs = count.firstNs == 0 ? seen.firstNs : std::min(count.firstNs, seen.firstNs);
    count.lastNs = std::max(count.lastNs, seen.lastNs);
    if (examples.size() < MOST_EXAMPLES)
      examples.push_back((kind.domain.empty() ? kind.address : kind.domain) + " " +
                         protocolText(kind.protocol).cStr() + " " + std::to_string(kind.port));
  }
};

using Key = std::tuple<std::string, bool, bool, bool, bool, bool>;
// path, in, asked, blocked, has a name, has ports

bool hasPorts(uint8_t protocol) {
  return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP;
}

std::string parentOf(const std::string& name) {
  // Of "a.b.example.org": "b.example.org"; nothing where below that anybody can have a name
  // ("co.uk", "github.io": publicsuffix.org, as libpsl has it compiled in).
  auto dot = name.find('.');
  if (dot == std::string::npos) return "";
  auto parent = name.substr(dot + 1);
  return psl_is_public_suffix(psl_builtin(), parent.c_str()) ? "" : parent;
}

std::set<std::string> folded(const std::set<std::string>& names) {
  std::map<std::string, std::vector<std::string>> below;
  for (auto& name : names)
    if (auto parent = parentOf(name); !parent.empty()) below[parent].push_back(name);
  auto result = names;
  for (auto& [parent, children] : below) {
    if (children.size() < Proposal::NAMES_BELOW) continue;
    for (auto& child : children) result.erase(child);
    result.erase(parent);
    result.insert("." + parent);
  }
  return result;
}

template <typename Items, typename ToText>
kj::String listOf(const Items& items, ToText toText) {
  kj::Vector<kj::String> texts;
  for (auto& item : items) texts.add(toText(item));
  if (texts.size() == 1) return kj::mv(texts[0]);
  return kj::str('[', kj::strArray(texts, ", "), ']');
}

kj::String quotedItem(const std::string& text) {
  return quoted(text.c_str());
}

kj::String whereTo(const Group& group) {
  auto names = folded(group.domains);
  if (!names.empty() && names.size() <= Proposal::MOST_HOSTS)
    return kj::str("domain = ", listOf(names, quotedItem), '\n');
  if (!group.addresses.empty() && group.addresses.size() <= Proposal::MOST_HOSTS)
    return kj::str("address = ", listOf(group.addresses, quotedItem), '\n');
  return kj::String();
}

kj::String portLine(const Group& group) {
  if (group.ports.size() > Proposal::MOST_PORTS)
    return kj::str("port = \"", *group.ports.begin(), '-', *group.ports.rbegin(), "\"\n");
  return kj::str("port = ", listOf(group.ports, [](uint16_t port) { return kj::str(port); }), '\n');
}

kj::String placeWords(const Group& group) {
  auto& hosts = group.domains.empty() ? group.addresses : group.domains;
  if (hosts.size() == 1) return kj::str(hosts.begin()->c_str());
  return kj::str(hosts.size(), group.domains.empty() ? " addresses" : " names");
}

Proposal proposalOf(const Key& key, const Group& group) {
  auto& [path, in, asked, blocked, named, ports] = key;
  Proposal proposal;
  proposal.name = kj::str("learned: ", fileName(path.c_str()), in ? " from " : " to ",
                          placeWords(group), ports ? "" : ", no ports", asked ? ", asked" : "");
  auto users = listOf(group.uids, [](uint32_t uid) { return kj::str('"', uid, '"'); });
  auto protocols = listOf(
      group.protocols, [](uint8_t protocol) { return kj::str('"', protocolText(protocol), '"'); });
  proposal.toml =
      kj::str("[[rule]]\nname = ", quoted(proposal.name), "\naction = \"",
              blocked ? "block" : "allow", "\"\n", asked ? "answer = true\n" : "",
              "process = { path = ", quoted(rules::asPattern(path.c_str())), " }\n",
              group.uids.count(~0u) != 0 ? kj::String() : kj::str("user = ", users, '\n'),
              "direction = \"", in ? "in" : "out", "\"\nprotocol = ", protocols, '\n',
              whereTo(group), ports ? portLine(group) : kj::String());
  proposal.kinds = group.kinds;
  proposal.count = group.count;
  for (auto& example : group.examples) proposal.examples.add(kj::str(example.c_str()));
  return proposal;
}

void makeUnique(kj::Vector<Proposal>& proposals) {
  // Two programs may have one last name.
  std::map<std::string, size_t> seen;
  for (auto& proposal : proposals) {
    size_t before = seen[proposal.name.cStr()]++;
    if (before == 0) continue;
    auto old = quoted(proposal.name);
    auto fresh = kj::str(proposal.name, " (", before + 1, ')');
    auto start = kj::str("[[rule]]\nname = ", old);
    proposal.toml = kj::str("[[rule]]\nname = ", quoted(fresh), proposal.toml.slice(start.size()));
    proposal.name = kj::mv(fresh);
  }
}

}  // namespace

kj::Vector<Proposal> propose(const LearnedKinds& kinds) {
  std::map<Key, Group> groups;
  for (auto& [kind, count] : kinds) {
    Key key(kind.path, kind.in, kind.asked, kind.blocked, !kind.domain.empty(),
            hasPorts(kind.protocol));
    groups[key].add(kind, count);
  }
  kj::Vector<Proposal> proposals;
  for (auto& [key, group] : groups) proposals.add(proposalOf(key, group));
  std::stable_sort(proposals.begin(), proposals.end(),
                   [](auto& a, auto& b) { return a.count.connections > b.count.connections; });
  makeUnique(proposals);
  return proposals;
}

}  // namespace portreeve::policy
