// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-operands.h"

#include "common/tuple.h"
#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse-values.h"
#include "policy/rules/rule.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

using Operands = kj::Vector<kj::Own<Operand>>;

struct Site {
  // One key and where it stands.
  kj::StringPtr key;
  const toml::table& table;
  const toml::node& value;
  const OperandContext& context;
  Operands& out;
};

// Who -------------------------------------------------------------------------------------------

using MakeFromGlobs = kj::Own<Operand> (*)(kj::Vector<Glob>);

template <MakeFromGlobs make, Glob::Style style>
void texts(const Site& site) {
  auto globs = parseGlobs(site.value, style, site.context.complaints);
  if (!globs.empty()) site.out.add(make(kj::mv(globs)));
}

template <Glob::Style style>
void processText(const Site& site) {
  auto globs = parseGlobs(site.value, style, site.context.complaints);
  if (!globs.empty()) site.out.add(processTextOperand(site.key, kj::mv(globs)));
}

template <MakeFromGlobs make>
void paths(const Site& site) {
  auto globs = parseGlobs(site.value, Glob::Style::PATH, site.context.complaints);
  for (auto& glob : globs) {
    if (glob.pattern().startsWith("/") || glob.pattern().startsWith("*")) continue;
    site.context.complaints.at(
        site.value.source(),
        kj::str("path \"", glob.pattern(), "\" can never match: begin it with \"/\" or \"**\""));
    return;
  }
  if (!globs.empty()) site.out.add(make(kj::mv(globs)));
}

void kind(const Site& site) {
  static constexpr ProcessKind KINDS[] = {ProcessKind::PROGRAM,      ProcessKind::REPLACED,
                                          ProcessKind::FOREIGN_ROOT, ProcessKind::KERNEL,
                                          ProcessKind::NO_SOCKET,    ProcessKind::UNKNOWN};
  static constexpr kj::StringPtr WORDS[] = {"program"_kj, "replaced"_kj,  "foreign-root"_kj,
                                            "kernel"_kj,  "no-socket"_kj, "unknown"_kj,
                                            "suite"_kj};
  KindSet set;
  eachWord(site.value, WORDS, site.context.complaints, [&](size_t index) {
    if (index == kj::size(KINDS))
      set.suite = true;
    else
      set.kinds |= uint8_t(1u << unsigned(KINDS[index]));
  });
  if (set.kinds != 0 || set.suite) site.out.add(kindOperand(set));
}

void user(const Site& site) {
  kj::Vector<User> users;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    kj::Maybe<kj::String> written = textOrNumber(value);
    KJ_IF_MAYBE (name, written) {
      KJ_IF_MAYBE (uid, site.context.options.users.uidOf(*name)) {
        users.add(User{*uid, kj::mv(*name)});
      } else {
        site.context.complaints.at(
            value.source(), kj::str("there is no user \"", *name,
                                    "\" on this machine: take one of /etc/passwd, or a number"));
      }
    } else {
      site.context.complaints.at(value.source(), kj::str("user wants a name or a number"));
    }
  });
  if (!users.empty()) site.out.add(userOperand(kj::mv(users)));
}

void group(const Site& site) {
  auto& users = site.context.options.users;
  kj::Vector<Group> groups;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    kj::Maybe<kj::String> written = textOrNumber(value);
    KJ_IF_MAYBE (name, written) {
      KJ_IF_MAYBE (gid, users.gidOf(*name)) {
        groups.add(Group{*gid, users.membersOf(*gid), kj::mv(*name)});
      } else {
        site.context.complaints.at(
            value.source(), kj::str("there is no group \"", *name,
                                    "\" on this machine: take one of /etc/group, or a number"));
      }
    } else {
      site.context.complaints.at(value.source(), kj::str("group wants a name or a number"));
    }
  });
  if (!groups.empty()) site.out.add(groupOperand(kj::mv(groups)));
}

void commandLineRegex(const Site& site) {
  auto regexes = parseRegexes(site.value, "cmdline_regex", site.context.complaints);
  if (!regexes.empty()) site.out.add(commandLineRegexOperand(kj::mv(regexes)));
}

void instance(const Site& site) {
  kj::Vector<Instance> instances;
  eachText(site.value, "instance", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (one, parseInstance(text))
               instances.add(*one);
             else
               site.context.complaints.at(
                   where, kj::str("\"", text,
                                  "\" is no instance: write \"PID@START\", START being "
                                  "field 22 of /proc/PID/stat"));
           });
  if (!instances.empty()) site.out.add(instanceOperand(kj::mv(instances)));
}

void sha256(const Site& site) {
  kj::Vector<Glob> digests;
  eachText(site.value, "sha256", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (digest, parseSha256(text)) {
               auto parsed = Glob::parse(*digest, Glob::Style::TEXT);
               KJ_IF_MAYBE (glob, parsed.glob) digests.add(kj::mv(*glob));
               return;
             }
             site.context.complaints.at(
                 where, kj::str("\"", text,
                                "\" is no SHA-256: 64 hexadecimal digits, as sha256sum "
                                "FILE prints them"));
           });
  if (!digests.empty()) site.out.add(sha256Operand(kj::mv(digests)));
}

// When ------------------------------------------------------------------------------------------

void weekTime(const Site& site) {
  WeekTime times;
  bool any = false;
  eachText(site.value, "time", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             if (times.add(text))
               any = true;
             else
               site.context.complaints.at(where,
                                          kj::str("\"", text,
                                                  "\" is no time of the week: write \"Mon-Fri "
                                                  "08:00-18:00\", \"Sat,Sun\" or \"22:00-06:00\""));
           });
  if (any) site.out.add(timeOperand(kj::mv(times)));
}

// Where to --------------------------------------------------------------------------------------

void direction(const Site& site) {
  static constexpr kj::StringPtr WORDS[] = {"out"_kj, "in"_kj};
  kj::Maybe<Direction> only;
  unsigned count = 0;
  eachWord(site.value, WORDS, site.context.complaints, [&](size_t index) {
    only = index == 0 ? Direction::OUT : Direction::IN;
    count++;
  });
  if (count > 1) {
    site.context.complaints.at(
        site.value.source(),
        kj::str("direction wants one of \"out\" and \"in\": leave it out for both"));
    return;
  }
  KJ_IF_MAYBE (one, only) {
    site.out.add(directionOperand(*one));
  }
}

void protocol(const Site& site) {
  std::bitset<256> protocols;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    KJ_IF_MAYBE (word, textOrNumber(value)) {
      KJ_IF_MAYBE (number, parseProtocol(*word)) {
        protocols.set(*number);
        return;
      }
    }
    site.context.complaints.at(value.source(),
                               kj::str(shown(value),
                                       " is no protocol: take \"tcp\", \"udp\", "
                                       "\"icmp\", \"icmpv6\", … or a number from 0 to 255"));
  });
  if (protocols.any()) site.out.add(protocolOperand(protocols));
}

void icmpType(const Site& site) {
  std::bitset<256> types;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    int64_t number = value.is_integer() ? value.as_integer()->get() : -1;
    if (number >= 0 && number <= 255)
      types.set(size_t(number));
    else
      site.context.complaints.at(value.source(), kj::str("icmp_type wants numbers from 0 to 255"));
  });
  if (types.any()) site.out.add(icmpTypeOperand(types));
}

template <End end>
void address(const Site& site) {
  kj::Vector<Network> networks;
  eachText(site.value, end == End::LOCAL ? "local_address" : "address", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             if (!parseNetworks(text, networks))
               site.context.complaints.at(where, whyNoNetwork(text));
           });
  if (!networks.empty()) site.out.add(addressOperand(kj::mv(networks), end));
}

void scope(const Site& site) {
  static constexpr Scope SCOPES[] = {Scope::LOCALHOST, Scope::LAN, Scope::INTERNET,
                                     Scope::MULTICAST};
  static constexpr kj::StringPtr WORDS[] = {"localhost"_kj, "lan"_kj, "internet"_kj,
                                            "multicast"_kj};
  uint8_t scopes = 0;
  eachWord(site.value, WORDS, site.context.complaints,
           [&](size_t index) { scopes |= uint8_t(1u << unsigned(SCOPES[index])); });
  if (scopes != 0) site.out.add(scopeOperand(scopes));
}

kj::Maybe<kj::Own<Geography>> requireDatabase(const Site& site, bool there, kj::StringPtr key) {
  auto& options = site.context.options;
  if (there) return kj::addRef(*options.geography);
  if (options.sets != nullptr)
    site.context.complaints.at(site.value.source(), kj::str(key, " needs a database: [databases] ",
                                                            key, " = \"/etc/portreeve/….mmdb\""));
  return nullptr;
}

void country(const Site& site) {
  kj::Vector<Country> countries;
  eachText(site.value, "country", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (code, Country::parse(text))
               countries.add(*code);
             else
               site.context.complaints.at(
                   where, kj::str("\"", text,
                                  "\" is no country: take its two letters (ISO 3166-1), "
                                  "like \"NZ\""));
           });
  auto* geography = site.context.options.geography;
  auto database =
      requireDatabase(site, geography != nullptr && geography->hasCountries(), "country");
  if (!countries.empty()) site.out.add(countryOperand(kj::mv(countries), kj::mv(database)));
}

void asn(const Site& site) {
  kj::Vector<uint32_t> numbers;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    int64_t number = value.is_integer() ? value.as_integer()->get() : -1;
    if (number >= 1 && number <= UINT32_MAX)
      numbers.add(uint32_t(number));
    else
      site.context.complaints.at(value.source(),
                                 kj::str("asn wants numbers, without \"AS\": asn = 64496"));
  });
  auto* geography = site.context.options.geography;
  auto database = requireDatabase(site, geography != nullptr && geography->hasNumbers(), "asn");
  if (!numbers.empty()) site.out.add(asnOperand(kj::mv(numbers), kj::mv(database)));
}

template <PortOf which>
void port(const Site& site) {
  kj::Vector<PortRange> ranges;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    KJ_IF_MAYBE (range, parsePorts(value, site.context.complaints)) ranges.add(*range);
  });
  if (!ranges.empty()) site.out.add(portOperand(kj::mv(ranges), which));
}

void established(const Site& site) {
  static constexpr kj::StringPtr WORDS[] = {"before-start"_kj};
  bool before = false;
  eachWord(site.value, WORDS, site.context.complaints, [&](size_t) { before = true; });
  if (before) site.out.add(establishedBeforeOperand());
}

// Where this machine is -------------------------------------------------------------------------

kj::Vector<kj::String> profileNames(kj::StringPtr key, const toml::node& node,
                                    const OperandContext& context) {
  kj::Vector<kj::String> names;
  kj::Vector<kj::StringPtr> known;
  KJ_IF_MAYBE (profiles, context.options.profiles) {
    known.add("none"_kj);
    for (auto& profile : *profiles) known.add(profile.name);
  }
  eachText(
      node, key, context.complaints, [&](kj::StringPtr name, const toml::source_region& where) {
        if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end())
          context.complaints.at(where, kj::str("there is no [profile.", name, "] in portreeve.toml",
                                               didYouMean(name, known)));
        else
          names.add(kj::str(name));
      });
  return names;
}

template <kj::Own<Operand> (*make)(kj::Vector<kj::String>)>
void circumstance(const Site& site) {
  auto names = profileNames(site.key, site.value, site.context);
  if (!names.empty()) site.out.add(make(kj::mv(names)));
}

// What it asked for -----------------------------------------------------------------------------

NameSource widestSource(const Site& site) {
  static constexpr NameSource SOURCES[] = {NameSource::PROCESS, NameSource::PROGRAM,
                                           NameSource::USER, NameSource::ANY};
  static constexpr kj::StringPtr WORDS[] = {"process"_kj, "program"_kj, "user"_kj, "any"_kj};
  NameSource widest = NameSource::USER;
  const toml::node* value = site.table.get("names");
  if (value == nullptr) return widest;
  if (value->is_array()) {
    site.context.complaints.at(value->source(),
                               kj::str("names wants one word: each includes the narrower ones"));
    return widest;
  }
  eachWord(*value, WORDS, site.context.complaints, [&](size_t index) { widest = SOURCES[index]; });
  return widest;
}

void domain(const Site& site) {
  kj::Vector<DomainPattern> patterns;
  eachText(site.value, "domain", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             KJ_IF_MAYBE (pattern, parseDomain(text, where, site.context.complaints))
               patterns.add(kj::mv(*pattern));
           });
  NameSource widest = widestSource(site);
  if (!patterns.empty()) site.out.add(domainOperand(kj::mv(patterns), widest));
}

void list(const Site& site) {
  kj::Vector<kj::Own<SharedList>> lists;
  eachText(site.value, "list", site.context.complaints,
           [&](kj::StringPtr title, const toml::source_region& where) {
             if (!Lists::isTitle(title)) {
               site.context.complaints.at(
                   where, kj::str("\"", title,
                                  "\" is no list: its name has letters, digits, \"-\" and "
                                  "\"_\", 63 at most"));
               return;
             }
             Lists nowhere("/nonexistent");
             auto* known = site.context.options.lists;
             lists.add(known == nullptr ? nowhere.use(title) : known->use(title));
           });
  if (!lists.empty()) site.out.add(listOperand(kj::mv(lists), widestSource(site)));
}

void names(const Site& site) {
  if (site.table.contains("domain") || site.table.contains("list")) return;  // read there
  site.context.complaints.at(
      site.value.source(),
      kj::str("names says who may have asked for a domain: it needs domain or list beside it"));
}

// Tables ----------------------------------------------------------------------------------------

void process(const Site& site);

void negation(const Site& site) {
  const toml::table* table = site.value.as_table();
  if (table == nullptr || table->empty()) {
    site.context.complaints.at(site.value.source(),
                               kj::str("not wants a table of operands: not = { port = 22 }"));
    return;
  }
  auto operands = parseOperands(*table, nullptr, site.context);
  if (!operands.empty()) site.out.add(notOperand(kj::mv(operands)));
}

void anyOf(const Site& site) {
  kj::Vector<Operands> alternatives;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    const toml::table* table = value.as_table();
    if (table == nullptr || table->empty()) {
      site.context.complaints.at(
          value.source(),
          kj::str(
              "any-of wants tables of operands: any-of = [{ port = 22 }, { scope = \"lan\" }]"));
      return;
    }
    auto operands = parseOperands(*table, nullptr, site.context);
    if (!operands.empty()) alternatives.add(kj::mv(operands));
  });
  if (!alternatives.empty()) site.out.add(anyOfOperand(kj::mv(alternatives)));
}

struct Row {
  kj::StringPtr key;
  void (*parse)(const Site&);
};

constexpr Row OPERANDS[] = {
    {"process"_kj, process},
    {"user"_kj, user},
    {"group"_kj, group},
    {"time"_kj, weekTime},
    {"direction"_kj, direction},
    {"protocol"_kj, protocol},
    {"icmp_type"_kj, icmpType},
    {"address"_kj, address<End::REMOTE>},
    {"local_address"_kj, address<End::LOCAL>},
    {"scope"_kj, scope},
    {"port"_kj, port<PortOf::SERVICE>},
    {"remote_port"_kj, port<PortOf::REMOTE>},
    {"local_port"_kj, port<PortOf::LOCAL>},
    {"domain"_kj, domain},
    {"names"_kj, names},
    {"interface"_kj, texts<interfaceOperand, Glob::Style::TEXT>},
    {"established"_kj, established},
    {"not"_kj, negation},
    {"any-of"_kj, anyOf},
    {"list"_kj, list},
    {"country"_kj, country},
    {"asn"_kj, asn},
    {"profile"_kj, circumstance<profileOperand>},
    {"network"_kj, circumstance<networkOperand>},
};

constexpr Row PROCESS_OPERANDS[] = {
    {"path"_kj, paths<pathOperand>},
    {"name"_kj, processText<Glob::Style::TEXT>},
    {"cmdline"_kj, processText<Glob::Style::TEXT>},
    {"cmdline_regex"_kj, commandLineRegex},
    {"instance"_kj, instance},
    {"cgroup"_kj, processText<Glob::Style::TEXT>},
    {"unit"_kj, processText<Glob::Style::TEXT>},
    {"parent"_kj, paths<parentOperand>},
    {"kind"_kj, kind},
    {"slice"_kj, processText<Glob::Style::TEXT>},
    {"container"_kj, processText<Glob::Style::TEXT>},
    {"container_runtime"_kj, processText<Glob::Style::TEXT>},
    {"pod"_kj, processText<Glob::Style::TEXT>},
    {"flatpak"_kj, processText<Glob::Style::TEXT>},
    {"snap"_kj, processText<Glob::Style::TEXT>},
    {"appimage"_kj, processText<Glob::Style::PATH>},
    {"script"_kj, processText<Glob::Style::PATH>},
    {"sha256"_kj, sha256},
    {"package"_kj, texts<packageOperand, Glob::Style::TEXT>},
};

const Row* findRow(kj::ArrayPtr<const Row> rows, kj::StringPtr key) {
  for (auto& row : rows)
    if (row.key == key) return &row;
  return nullptr;
}

bool contains(kj::ArrayPtr<const kj::StringPtr> words, kj::StringPtr word) {
  for (auto one : words)
    if (one == word) return true;
  return false;
}

kj::String whyUnknown(kj::StringPtr prefix, kj::StringPtr key, kj::ArrayPtr<const Row> rows,
                      kj::ArrayPtr<const kj::StringPtr> otherKeys) {
  bool top = prefix.size() == 0;
  if (top && findRow(PROCESS_OPERANDS, key) != nullptr)
    return kj::str("unknown key \"", key,
                   "\": what belongs to the process stands in its table, "
                   "process = { ",
                   key, " = … }");
  kj::Vector<kj::StringPtr> known;
  for (auto& row : rows) known.add(row.key);
  known.addAll(otherKeys);
  return kj::str("unknown key \"", prefix, key, '"', didYouMean(key, known));
}

void parseRows(kj::ArrayPtr<const Row> rows, kj::StringPtr prefix, const toml::table& table,
               kj::ArrayPtr<const kj::StringPtr> otherKeys, const OperandContext& context,
               Operands& out) {
  for (auto&& [key, value] : table) {
    kj::String word = copyText(key.str());
    if (contains(otherKeys, word)) continue;
    const Row* row = findRow(rows, word);
    if (row == nullptr)
      context.complaints.at(key.source(), whyUnknown(prefix, word, rows, otherKeys));
    else
      row->parse(Site{row->key, table, value, context, out});
  }
}

void process(const Site& site) {
  const toml::table* table = site.value.as_table();
  if (table == nullptr || table->empty()) {
    site.context.complaints.at(
        site.value.source(), kj::str("process wants a table: process = { path = \"/usr/bin/…\" }"));
    return;
  }
  parseRows(PROCESS_OPERANDS, "process.", *table, nullptr, site.context, site.out);
}

}  // namespace

void parseFileProfile(const toml::node& value, const OperandContext& context,
                      kj::Vector<kj::Own<Operand>>& out) {
  auto names = profileNames("profile", value, context);
  if (!names.empty()) out.add(profileOperand(kj::mv(names)));
}

kj::Vector<kj::Own<Operand>> parseOperands(const toml::table& table,
                                           kj::ArrayPtr<const kj::StringPtr> otherKeys,
                                           const OperandContext& context) {
  Operands operands;
  parseRows(OPERANDS, "", table, otherKeys, context, operands);
  sortByCost(operands);
  return operands;
}

}  // namespace portreeve::rules
