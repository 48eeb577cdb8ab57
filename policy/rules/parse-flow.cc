// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse-flow.h"

#include "common/tuple.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse-values.h"
#include "policy/rules/rule.h"

namespace portreeve::rules::flow {
namespace {

void addressAt(End end, const Site& site) {
  kj::Vector<Network> networks;
  eachText(site.value, end == End::LOCAL ? "local_address" : "address", site.context.complaints,
           [&](kj::StringPtr text, const toml::source_region& where) {
             if (!parseNetworks(text, networks))
               site.context.complaints.at(where, whyNoNetwork(text));
           });
  if (!networks.empty()) site.out.add(addressOperand(kj::mv(networks), end));
}

void portAt(PortOf which, const Site& site) {
  kj::Vector<PortRange> ranges;
  eachValue(site.value, site.context.complaints, [&](const toml::node& value) {
    KJ_IF_MAYBE (range, parsePorts(value, site.context.complaints)) ranges.add(*range);
  });
  if (!ranges.empty()) site.out.add(portOperand(kj::mv(ranges), which));
}

kj::Maybe<kj::Own<Geography>> requireDatabase(const Site& site, bool there, kj::StringPtr key) {
  auto& options = site.context.options;
  if (there) return kj::addRef(*options.geography);
  if (options.sets != nullptr)
    site.context.complaints.at(site.value.source(), kj::str(key, " needs a database: [databases] ",
                                                            key, " = \"/etc/portreeve/….mmdb\""));
  return nullptr;
}

}  // namespace

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

void address(const Site& site) {
  addressAt(End::REMOTE, site);
}

void localAddress(const Site& site) {
  addressAt(End::LOCAL, site);
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

void port(const Site& site) {
  portAt(PortOf::SERVICE, site);
}

void remotePort(const Site& site) {
  portAt(PortOf::REMOTE, site);
}

void localPort(const Site& site) {
  portAt(PortOf::LOCAL, site);
}

void established(const Site& site) {
  static constexpr kj::StringPtr WORDS[] = {"before-start"_kj};
  bool before = false;
  eachWord(site.value, WORDS, site.context.complaints, [&](size_t) { before = true; });
  if (before) site.out.add(establishedBeforeOperand());
}

void interface(const Site& site) {
  auto globs = parseGlobs(site.value, Glob::Style::TEXT, site.context.complaints);
  if (!globs.empty()) site.out.add(interfaceOperand(kj::mv(globs)));
}

}  // namespace portreeve::rules::flow
