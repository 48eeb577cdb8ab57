// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-operands.h"

#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse-flow.h"
#include "policy/rules/parse-process.h"
#include "policy/rules/parse-rows.h"
#include "policy/rules/parse-values.h"
#include "policy/rules/rule.h"

#include <algorithm>

namespace portreeve::rules {
namespace {

// Who -------------------------------------------------------------------------------------------

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

constexpr Row OPERANDS[] = {
    {"process"_kj, parseProcess},
    {"user"_kj, user},
    {"group"_kj, group},
    {"time"_kj, weekTime},
    {"direction"_kj, flow::direction},
    {"protocol"_kj, flow::protocol},
    {"icmp_type"_kj, flow::icmpType},
    {"address"_kj, flow::address},
    {"local_address"_kj, flow::localAddress},
    {"scope"_kj, flow::scope},
    {"port"_kj, flow::port},
    {"remote_port"_kj, flow::remotePort},
    {"local_port"_kj, flow::localPort},
    {"domain"_kj, domain},
    {"names"_kj, names},
    {"interface"_kj, flow::interface},
    {"established"_kj, flow::established},
    {"not"_kj, negation},
    {"any-of"_kj, anyOf},
    {"list"_kj, list},
    {"country"_kj, flow::country},
    {"asn"_kj, flow::asn},
    {"profile"_kj, circumstance<profileOperand>},
    {"network"_kj, circumstance<networkOperand>},
};

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
