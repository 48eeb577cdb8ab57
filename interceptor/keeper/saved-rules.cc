// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/saved-rules.h"

#include <string.h>

namespace portreeve::keeper {
namespace {

constexpr kj::StringPtr TABLES[] = {"mangle"_kj, "filter"_kj, "nat"_kj};

bool isOwnChain(kj::StringPtr table, kj::StringPtr chain) {
  static const auto OWN = ownChains();
  for (auto& own : OWN)
    if (own.size() == table.size() + 1 + chain.size() && own.startsWith(table) &&
        own.slice(table.size() + 1) == chain)
      return true;
  return false;
}

kj::String wordAt(kj::StringPtr line, size_t start) {
  size_t end = start;
  while (end < line.size() && line[end] != ' ') end++;
  return kj::str(line.slice(start, end));
}

bool contains(kj::StringPtr line, const char* what) {
  return strstr(line.cStr(), what) != nullptr;
}

bool leadsToUs(kj::StringPtr table, kj::StringPtr rule) {
  // A rule in a main chain: ours by its comment, by where it goes, or by what it does with our
  // marks (0x707 and 0x6b5 are 1799 and 1717; the reference's nat rules bear no comment).
  if (contains(rule, "--comment \"portreeve:") || contains(rule, "--comment portreeve:"))
    return true;
  const char* jump = strstr(rule.cStr(), " -j ");
  if (jump == nullptr) jump = strstr(rule.cStr(), " -g ");
  if (jump == nullptr) return false;
  if (isOwnChain(table, wordAt(rule, size_t(jump + 4 - rule.begin())))) return true;
  bool ourMark = contains(rule, "-m mark --mark 0x707 ") || contains(rule, "-m mark --mark 0x6b5 ");
  return table == "nat"_kj && ourMark && contains(rule, " -j DNAT ");
}

template <typename Each>
void forEachLine(kj::StringPtr text, Each each) {
  const char* at = text.begin();
  while (at < text.end()) {
    auto end = static_cast<const char*>(memchr(at, '\n', size_t(text.end() - at)));
    if (end == nullptr) end = text.end();
    each(kj::heapString(at, size_t(end - at)));
    at = end + 1;
  }
}

class SaveReader {
public:
  OwnRules read(kj::StringPtr save) {
    forEachLine(save, [this](kj::String line) { take(kj::mv(line)); });
    return kj::mv(own);
  }

private:
  OwnRules own;
  kj::String table;
  bool tableIsOurs = false;
  kj::Vector<SavedRule> others;  // of this table, in chains where ours come first

  void take(kj::String line) {
    if (line.startsWith("*")) {
      table = kj::str(line.slice(1));
      tableIsOurs = false;
      for (auto ours : TABLES) tableIsOurs = tableIsOurs || table == ours;
      others.clear();
    } else if (!tableIsOurs) {
      // Nothing of ours stands there, whatever its comment says.
    } else if (line.startsWith(":")) {
      auto name = wordAt(line, 1);
      if (isOwnChain(table, name)) own.chains.add(OwnRules::Chain{kj::str(table), kj::mv(name)});
    } else if (line.startsWith("-A ")) {
      takeRule(kj::mv(line));
    }
  }

  void takeRule(kj::String line) {
    auto chain = wordAt(line, 3);
    bool inOurs = isOwnChain(table, chain);
    bool mustLead = table != "mangle"_kj && comesFirst(table, chain);
    if (inOurs || leadsToUs(table, line)) {
      if (mustLead) moveToFront(chain);
      own.rules.add(SavedRule{kj::str(table), kj::mv(chain), kj::mv(line), inOurs});
    } else if (mustLead) {
      others.add(SavedRule{kj::str(table), kj::mv(chain), kj::mv(line)});
    }
  }

  void moveToFront(kj::StringPtr chain) {
    // One of ours comes only now: what was seen of others in this chain stands before it.
    kj::Vector<SavedRule> rest;
    for (auto& other : others) (other.chain == chain ? own.inFront : rest).add(kj::mv(other));
    others = kj::mv(rest);
  }
};

class Text {
  // Lines for iptables-restore.
public:
  template <typename... Parts>
  void line(Parts&&... parts) {
    lines.add(kj::str(kj::fwd<Parts>(parts)...));
  }

  void deleteFromMain(kj::StringPtr table, const OwnRules& present) {
    for (auto& rule : present.rules)
      if (rule.table == table && !rule.ours) line("-D ", rule.text.slice(3));
  }

  void each(kj::StringPtr command, kj::ArrayPtr<const kj::StringPtr> chains) {
    for (auto& chain : chains) line(command, chain);
  }

  kj::String whole() {
    if (lines.empty()) return kj::String();
    lines.add(kj::str());
    return kj::strArray(lines, "\n");
  }

private:
  kj::Vector<kj::String> lines;
};

const TableRules* find(const Ruleset& ruleset, kj::StringPtr table) {
  for (auto& candidate : ruleset.tables)
    if (candidate.name == table) return &candidate;
  return nullptr;
}

kj::Vector<kj::StringPtr> chainsToRemove(const OwnRules& present, kj::StringPtr table,
                                         const TableRules* wanted) {
  kj::Vector<kj::StringPtr> result;
  for (auto& chain : present.chains) {
    if (chain.table != table) continue;
    bool keep = false;
    if (wanted != nullptr)
      for (auto& name : wanted->chains) keep = keep || name == chain.name;
    if (!keep) result.add(chain.name);
  }
  return result;
}

size_t countIn(const OwnRules& own, kj::StringPtr table) {
  size_t count = 0;
  for (auto& chain : own.chains) count += chain.table == table;
  for (auto& rule : own.rules) count += rule.table == table;
  return count;
}

void putTable(Text& text, kj::StringPtr table, const TableRules* wanted, const OwnRules& present) {
  if (wanted == nullptr && countIn(present, table) == 0) return;
  text.line('*', table);
  // Declaring a chain that is there empties it: iptables-restore(8).
  if (wanted != nullptr)
    for (auto& chain : wanted->chains) text.line(':', chain, " - [0:0]");
  text.deleteFromMain(table, present);
  auto superfluous = chainsToRemove(present, table, wanted);
  text.each("-F "_kj, superfluous);
  text.each("-X "_kj, superfluous);
  if (wanted != nullptr)
    for (auto& command : wanted->commands) text.line(command);
  text.line("COMMIT");
}

kj::Vector<const SavedRule*> missingFrom(const OwnRules& own, const OwnRules& other,
                                         kj::StringPtr table) {
  kj::Vector<const SavedRule*> missing;
  for (auto& rule : own.rules) {
    if (rule.table != table) continue;
    bool found = false;
    for (auto& candidate : other.rules) found = found || candidate == rule;
    if (!found) missing.add(&rule);
  }
  return missing;
}

size_t rulesIn(const OwnRules& own, kj::StringPtr table) {
  size_t count = 0;
  for (auto& rule : own.rules) count += rule.table == table;
  return count;
}

kj::StringPtr linesWere(size_t count) {
  return count == 1 ? " line was "_kj : " lines were "_kj;
}

void describeTable(kj::Vector<kj::String>& words, kj::StringPtr table, const OwnRules& expected,
                   const OwnRules& found) {
  auto gone = missingFrom(expected, found, table);
  auto added = missingFrom(found, expected, table);
  size_t all = rulesIn(expected, table);
  if (!gone.empty() && gone.size() == all)
    words.add(kj::str(table, ": all ", all, " lines are gone"));
  else if (!gone.empty())
    words.add(kj::str(table, ": ", gone.size(), " of ", all, " lines ",
                      gone.size() == 1 ? "is" : "are", " gone (", gone[0]->text, ')'));
  if (!added.empty())
    words.add(kj::str(table, ": ", added.size(), linesWere(added.size()), "added (", added[0]->text,
                      ')'));
  for (auto& rule : found.inFront) {
    if (rule.table != table) continue;
    words.add(kj::str(table, ": another rule stands before ours (", rule.text, ')'));
    break;
  }
}

template <typename T>
bool sameInOrder(const kj::Vector<T>& one, const kj::Vector<T>& other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); i++)
    if (!(one[i] == other[i])) return false;
  return true;
}

}  // namespace

OwnRules OwnRules::in(kj::StringPtr save) {
  return SaveReader().read(save);
}

bool OwnRules::operator==(const OwnRules& other) const {
  return sameInOrder(chains, other.chains) && sameInOrder(rules, other.rules) &&
         sameInOrder(inFront, other.inFront);
}

kj::String restoreText(const Ruleset& ruleset, const OwnRules& present) {
  Text text;
  for (auto table : TABLES) putTable(text, table, find(ruleset, table), present);
  return text.whole();
}

kj::String removalText(const OwnRules& present) {
  Text text;
  // Filter first: what mangle marks is harmless without C17; what it does not mark, C17 drops.
  for (auto table : {"filter"_kj, "mangle"_kj, "nat"_kj}) putTable(text, table, nullptr, present);
  return text.whole();
}

kj::String describeChange(const OwnRules& expected, const OwnRules& found) {
  kj::Vector<kj::String> words;
  for (auto table : TABLES) describeTable(words, table, expected, found);
  if (words.empty()) words.add(kj::str("chains or the order of lines were changed"));
  return kj::strArray(words, "; ");
}

}  // namespace portreeve::keeper
