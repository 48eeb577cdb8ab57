// SPDX-License-Identifier: GPL-3.0-or-later
// Single values of a rule file, checked. Whatever is wrong is complained about where it stands.
#pragma once

#include "policy/rules/glob.h"
#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/toml-value.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::rules {

kj::Maybe<kj::String> nameOfSet(const toml::node& value);  // of "@name", "name"

template <typename OnValue>
void eachValue(const toml::node& node, Complaints& complaints, OnValue&& onValue) {
  // The value itself, or each of its list; instead of "@name" all of that set.
  if (const toml::array* list = node.as_array()) {
    if (list->empty())
      complaints.at(
          node.source(),
          kj::str("an empty list matches nothing: leave the key out to match everything"));
    for (const toml::node& value : *list) {
      if (value.is_array())
        complaints.at(value.source(), kj::str("a list has values, not lists"));
      else
        eachValue(value, complaints, onValue);
    }
    return;
  }
  auto named = nameOfSet(node);
  KJ_IF_MAYBE (name, named) {
    if (const toml::node* set = complaints.enterSet(*name, node)) {
      eachValue(*set, complaints, onValue);
      complaints.leaveSet();
    }
    return;
  }
  onValue(node);
}

template <typename OnText>
void eachText(const toml::node& node, kj::StringPtr key, Complaints& complaints, OnText&& onText) {
  eachValue(node, complaints, [&](const toml::node& value) {
    const toml::value<std::string>* text = value.as_string();
    if (text == nullptr)
      complaints.at(value.source(), kj::str(key, " wants a text in quotes, or a list of them"));
    else
      onText(toText(text->get()), value.source());
  });
}

template <typename OnIndex>
void eachWord(const toml::node& node, kj::ArrayPtr<const kj::StringPtr> words,
              Complaints& complaints, OnIndex&& onIndex) {
  // Each must be one of a few words.
  eachValue(node, complaints, [&](const toml::node& value) {
    const toml::value<std::string>* text = value.as_string();
    if (text == nullptr)
      return complaints.at(value.source(), kj::str("this wants a word in quotes; there is: ",
                                                   kj::strArray(words, ", ")));
    for (size_t i = 0; i < words.size(); i++)
      if (words[i] == toText(text->get())) return onIndex(i);
    complaints.at(value.source(), kj::str("unknown word \"", toText(text->get()), '"',
                                          didYouMean(toText(text->get()), words)));
  });
}

kj::Maybe<kj::String> textOrNumber(const toml::node& value);  // nullptr for any other type
kj::String shown(const toml::node& value);                    // for complaints: "\"tpc\"", "6"

kj::Vector<Regex> parseRegexes(const toml::node& node, kj::StringPtr key, Complaints& complaints);
kj::Vector<Glob> parseGlobs(const toml::node& node, Glob::Style style, Complaints& complaints);
kj::Maybe<PortRange> parsePorts(const toml::node& value, Complaints& complaints);
kj::Maybe<kj::String> parseSha256(kj::StringPtr text);  // in lower case
kj::Maybe<Instance> parseInstance(kj::StringPtr text);  // "PID@START"
kj::Maybe<DomainPattern> parseDomain(kj::StringPtr text, const toml::source_region& where,
                                     Complaints& complaints);
bool parseNetworks(kj::StringPtr text, kj::Vector<Network>& networks);
// An address, a network, or a range "192.0.2.5-192.0.2.90" as the networks that make it up.
kj::String whyNoNetwork(kj::StringPtr text);
// For a text that parseNetworks refuses.

kj::Maybe<uint64_t> parseTime(const toml::node& value, Complaints& complaints);
// A date and time with its offset, as ns since the Unix epoch.
kj::Maybe<uint64_t> parseDuration(const toml::node& value, Complaints& complaints);
// "30s", "5m", "2h", "7d", as ns.

}  // namespace portreeve::rules
