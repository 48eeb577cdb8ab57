// SPDX-License-Identifier: GPL-3.0-or-later
// Little Snitch's rule groups (.lsrules, JSON). There the most specific rule wins; here the first:
// they are put in the order that says the same in most cases, what denies before what allows among
// equals.
#include "cli/foreign-json.h"
#include "cli/import-formats.h"

#include <algorithm>
#include <string>
#include <vector>

namespace portreeve::cli {
namespace {

kj::Vector<kj::String> splitList(kj::StringPtr text) {
  kj::Vector<kj::String> values;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && text[i] != ',') continue;
    size_t from = start, to = i;
    while (from < to && text[from] == ' ') from++;
    while (to > from && text[to - 1] == ' ') to--;
    if (to > from) values.add(kj::heapString(text.slice(from, to)));
    start = i + 1;
  }
  return values;
}

kj::Vector<kj::String> listOf(JsonValue::Reader rule, kj::StringPtr key) {
  kj::Vector<kj::String> all;
  for (auto& text : textsOf(rule, key))
    for (auto& one : splitList(text)) all.add(kj::mv(one));
  return all;
}

struct Ranked {
  int rank;
  kj::String origin;
  ForeignRule rule;
};

class Converter {
public:
  Converter(JsonValue::Reader from, kj::StringPtr name, kj::StringPtr action)
      : from(from), rule(name, action) {}

  kj::Maybe<kj::String> whyNot() {
    auto process = textOf(from, "process");
    if (process.size() > 0 && process != "any") {
      if (!process.startsWith("/"))
        return kj::str("the program \"", process,
                       "\" is told by a signature, which Linux does not have");
      if (process.startsWith("/Applications/") || process.startsWith("/System/") ||
          process.startsWith("/Library/"))
        return kj::str("the program ", process, " is one of another system");
      rule.process("path", literalGlob(process));
      rank += 4;
    }
    if (textOf(from, "via").size() > 0) return kj::str("\"via\" has no counterpart");
    auto remote = convertRemote();
    if (remote != nullptr) return remote;
    return convertRest();
  }

  JsonValue::Reader from;
  ForeignRule rule;
  int rank = 0;  // the more specific, the greater

private:
  kj::Maybe<kj::String> convertRemote() {
    kj::Vector<kj::String> names;
    for (auto& name : listOf(from, "remote-domains")) names.add(kj::str('.', name));
    for (auto& name : listOf(from, "remote-hosts")) names.add(kj::mv(name));
    if (!names.empty()) {
      rule.texts("domain", names);
      rank += 2;
    }
    auto addresses = listOf(from, "remote-addresses");
    if (!addresses.empty()) {
      rule.texts("address", addresses);
      rank += 2;
    }
    auto remote = textOf(from, "remote");
    if (remote.size() == 0 || remote == "any") return nullptr;
    if (remote == "local-net")
      rule.text("scope", "lan");
    else if (remote == "multicast" || remote == "broadcast")
      rule.text("scope", "multicast");
    else
      return kj::str("remote \"", remote, "\" has no counterpart");
    rank += 1;
    return nullptr;
  }

  kj::Maybe<kj::String> convertRest() {
    auto direction = textOf(from, "direction");
    // Where nothing is said it is about what goes out.
    rule.text("direction", direction == "incoming" ? "in" : "out");
    auto protocol = textOf(from, "protocol");
    if (protocol.size() > 0 && protocol != "any") rule.text("protocol", protocol);
    auto ports = listOf(from, "ports");
    if (ports.size() == 1 && ports[0] == "any") ports.clear();
    if (!ports.empty()) rank += 1;
    rule.texts("port", ports);
    return nullptr;
  }
};

class Reader {
public:
  Reader(kj::StringPtr file, Conversion& into) : json(file), file(file), into(into) {}

  void read() {
    KJ_IF_MAYBE (list, member(json.root(), "rules")) {
      if (list->isArray())
        for (auto rule : list->getArray()) one(rule);
    }
    denied("denied-remote-domains", "domain", ".");
    denied("denied-remote-hosts", "domain", "");
    denied("denied-remote-addresses", "address", "");
    std::stable_sort(all.begin(), all.end(),
                     [](const Ranked& a, const Ranked& b) { return a.rank > b.rank; });
    for (auto& ranked : all) into.add(ranked.origin, kj::mv(ranked.rule));
    into.remark(
        "Little Snitch lets the most specific rule win, this firewall the first: look at their "
        "order");
  }

private:
  ForeignJson json;
  kj::StringPtr file;
  Conversion& into;
  std::vector<Ranked> all;
  unsigned number = 0;

  void one(JsonValue::Reader from) {
    auto origin = kj::str(file, ": rule ", ++number);
    if (isTrue(from, "disabled")) return into.leaveOut(origin, "it is switched off");
    auto action = textOf(from, "action");
    if (action != "allow" && action != "deny")
      return into.leaveOut(origin, kj::str("the action \"", action, "\" has no counterpart"));
    bool denies = action == "deny";
    auto group = textOf(json.root(), "name");
    if (group.size() == 0) group = kj::str("Little Snitch");
    Converter converter(from, kj::str(group, ' ', number), denies ? "block" : "allow");
    KJ_IF_MAYBE (why, converter.whyNot()) return into.leaveOut(origin, *why);
    auto notes = textOf(from, "notes");
    if (notes.size() > 0) converter.rule.comment(notes);
    bool first = textOf(from, "priority") == "high";
    all.push_back(
        Ranked{converter.rank * 2 + denies + 1000 * first, kj::mv(origin), kj::mv(converter.rule)});
  }

  void denied(kj::StringPtr key, kj::StringPtr operand, kj::StringPtr before) {
    auto values = listOf(json.root(), key);
    constexpr size_t A_RULE = 500;
    for (size_t at = 0; at < values.size(); at += A_RULE) {
      kj::Vector<kj::String> part;
      for (size_t i = at; i < kj::min(values.size(), at + A_RULE); i++)
        part.add(kj::str(before, values[i]));
      ForeignRule rule(kj::str(key), "block");
      rule.text("direction", "out");
      rule.texts(operand, part);
      all.push_back(Ranked{5, kj::str(file, ": ", key), kj::mv(rule)});
    }
  }
};

}  // namespace

void importLittleSnitch(kj::StringPtr file, Conversion& into) {
  Reader(file, into).read();
}

}  // namespace portreeve::cli
