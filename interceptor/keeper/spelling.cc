// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/spelling.h"

#include <stdlib.h>
#include <algorithm>

namespace portreeve::keeper {
namespace {

constexpr kj::StringPtr WHOLE_MASK = "/0xffffffff"_kj;

kj::Vector<kj::String> wordsOf(kj::StringPtr rule) {
  // No value of ours has a space in it, so quotes mean nothing.
  kj::Vector<kj::String> words;
  kj::Vector<char> word;
  for (size_t i = 0; i <= rule.size(); i++) {
    char c = i < rule.size() ? rule[i] : ' ';
    if (c == '"') continue;
    if (c != ' ') {
      word.add(c);
    } else if (!word.empty()) {
      words.add(kj::heapString(word.begin(), word.size()));
      word.clear();
    }
  }
  return words;
}

kj::String valueOf(kj::String word) {
  if (word.endsWith(WHOLE_MASK)) word = kj::str(word.slice(0, word.size() - WHOLE_MASK.size()));
  if (word.startsWith("0x")) return kj::str(strtoul(word.cStr(), nullptr, 16));
  if (word == "host-prohibited"_kj) return kj::str("3/10");
  if (word == "icmpv6"_kj) return kj::str("ipv6-icmp");
  return word;
}

kj::String optionOf(kj::String word) {
  if (word == "-I"_kj) return kj::str("-A");
  if (word == "--to"_kj) return kj::str("--to-destination");
  if (word == "--set-xmark"_kj) return kj::str("--set-mark");
  return word;
}

bool saysNothing(kj::StringPtr option) {
  // The match's name is told by its options; masks are always whole.
  return option == "-m"_kj || option == "--nfmask"_kj || option == "--ctmask"_kj;
}

bool hasChain(const OwnRules& present, kj::StringPtr table, kj::StringPtr name) {
  for (auto& chain : present.chains)
    if (chain.table == table && chain.name == name) return true;
  return false;
}

class RuleWalk {
  // The order counts within a chain; the chains are saved in an order of their own.
public:
  explicit RuleWalk(const OwnRules& present) : rules(present.rules) {
    for (size_t i = 0; i < rules.size(); i++) seen.add(false);
  }

  bool nextIs(kj::StringPtr table, kj::StringPtr command) {
    auto chain = kj::mv(wordsOf(command)[1]);
    for (size_t i = 0; i < rules.size(); i++) {
      if (seen[i] || rules[i].table != table || rules[i].chain != chain) continue;
      seen[i] = true;
      count++;
      return commonSpelling(rules[i].text) == commonSpelling(command);
    }
    return false;
  }

  bool atEnd() const { return count == rules.size(); }

private:
  const kj::Vector<SavedRule>& rules;
  kj::Vector<bool> seen;
  size_t count = 0;
};

}  // namespace

kj::String commonSpelling(kj::StringPtr rule) {
  auto words = wordsOf(rule);
  bool inserted = words.size() > 2 && words[0] == "-I"_kj;
  kj::Vector<kj::String> parts;  // "! --mark 0": an option with what belongs to it
  bool skipping = false;
  bool negated = false;
  for (size_t i = 0; i < words.size(); i++) {
    auto& word = words[i];
    if (inserted && i == 2) continue;  // the position
    if (word == "!"_kj) {
      negated = true;
    } else if (word.startsWith("-")) {
      skipping = saysNothing(word);
      if (!skipping) parts.add(kj::str(negated ? "! " : "", optionOf(kj::mv(word))));
      negated = false;
    } else if (!skipping && !parts.empty()) {
      parts.back() = kj::str(parts.back(), ' ', valueOf(kj::mv(word)));
    }
  }
  std::sort(parts.begin(), parts.end());
  return kj::strArray(parts, " ");
}

bool holdsExactly(const OwnRules& present, const Ruleset& ruleset) {
  if (!present.inFront.empty()) return false;
  RuleWalk walk(present);
  size_t chains = 0;
  for (auto& table : ruleset.tables) {
    for (auto& chain : table.chains)
      if (!hasChain(present, table.name, chain)) return false;
    for (auto& command : table.commands)
      if (!walk.nextIs(table.name, command)) return false;
    chains += table.chains.size();
  }
  return walk.atEnd() && chains == present.chains.size();
}

}  // namespace portreeve::keeper
