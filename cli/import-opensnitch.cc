// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSnitch's rules: one JSON file each. Its order: files by name; a rule that denies, rejects or
// has precedence decides at once, of those that allow the last one that matches.
#include "cli/failure.h"
#include "cli/foreign-json.h"
#include "cli/import-formats.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <algorithm>

namespace portreeve::cli {
namespace {

struct Operator {
  kj::String type, operand, data;
};

kj::Vector<kj::String> filesIn(kj::StringPtr folder) {
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr) throw Failure(FAILED, folder, ": ", strerror(errno));
  KJ_DEFER(closedir(opened));
  kj::Vector<kj::String> names;
  while (const dirent* entry = readdir(opened))
    if (kj::StringPtr(entry->d_name).endsWith(".json"))
      names.add(kj::str(folder, '/', entry->d_name));
  if (names.empty()) throw Failure(FAILED, folder, ": there is no file *.json in it");
  std::sort(names.begin(), names.end());
  return names;
}

void collect(JsonValue::Reader node, kj::Vector<Operator>& into) {
  auto type = textOf(node, "type");
  if (type != "list") {
    into.add(Operator{kj::mv(type), textOf(node, "operand"), textOf(node, "data")});
    return;
  }
  KJ_IF_MAYBE (list, member(node, "list")) {
    if (list->isArray())
      for (auto one : list->getArray()) collect(one, into);
  }
}

kj::Maybe<kj::String> plainAlternation(kj::StringPtr expression) {
  // "^(53|80|443)$" is a list of numbers.
  kj::Vector<char> list;
  list.add('[');
  bool digitBefore = false;
  for (char c : expression) {
    if (c == '^' || c == '$' || c == '(' || c == ')') continue;
    if (c == '|' && digitBefore) {
      list.add(',');
      list.add(' ');
    } else if (c >= '0' && c <= '9') {
      list.add(c);
    } else {
      return nullptr;
    }
    digitBefore = c != '|';
  }
  if (!digitBefore) return nullptr;
  list.add(']');
  return kj::heapString(list.begin(), list.size());
}

class Converter {
public:
  Converter(JsonValue::Reader rule, kj::StringPtr action) : rule(textOf(rule, "name"), action) {
    KJ_IF_MAYBE (node, member(rule, "operator")) collect(*node, operators);
  }

  kj::Maybe<kj::String> whyNot() {
    if (operators.empty()) return kj::str("it has no operator");
    for (auto& one : operators) {
      auto wrong = convert(one);
      if (wrong != nullptr) return wrong;
    }
    return nullptr;
  }

  ForeignRule rule;

private:
  kj::Vector<Operator> operators;

  kj::Maybe<kj::String> convert(const Operator& from) {
    bool expression = from.type == "regexp";
    if (from.operand == "true") return nullptr;
    if (expression) return convertExpression(from);
    if (from.type == "network") return network(from);
    if (from.type != "simple")
      return kj::str("an operator of type \"", from.type, "\" (", from.operand,
                     ") has no counterpart");
    return convertSimple(from);
  }

  kj::Maybe<kj::String> convertExpression(const Operator& from) {
    if (from.operand == "dest.host") {
      rule.line("domain", kj::str("\"/", escaped(from.data), "/\""));
    } else if (from.operand == "process.command") {
      rule.process("cmdline_regex", from.data);
    } else if (from.operand == "dest.port" || from.operand == "source.port") {
      KJ_IF_MAYBE (list, plainAlternation(from.data))
        rule.line(from.operand == "dest.port" ? "port" : "local_port", *list);
      else
        return kj::str("ports by an expression (", from.data, "): write them as a list or a range");
    } else {
      return kj::str(from.operand, " by an expression (", from.data,
                     "): there are patterns for it, no expressions");
    }
    return nullptr;
  }

  static kj::String escaped(kj::StringPtr expression) {
    auto whole = quotedToml(expression);
    return kj::heapString(whole.slice(1, whole.size() - 1));
  }

  kj::Maybe<kj::String> convertSimple(const Operator& from) {
    auto& operand = from.operand;
    if (operand == "process.path")
      rule.process("path", literalGlob(from.data));
    else if (operand == "process.command")
      rule.process("cmdline", literalGlob(from.data));
    else if (operand == "process.parent.path")
      rule.process("parent", literalGlob(from.data));
    else if (operand == "user.id" || operand == "user.name")
      rule.text("user", from.data);
    else if (operand == "dest.host")
      rule.text("domain", from.data);
    else if (operand == "dest.ip" || operand == "dest.network")
      return network(from);
    else if (operand == "source.ip" || operand == "source.network")
      rule.text("local_address", from.data);
    else if (operand == "dest.port")
      rule.line("port", kj::str('"', from.data, '"'));
    else if (operand == "source.port")
      rule.line("local_port", kj::str('"', from.data, '"'));
    else if (operand == "protocol")
      rule.text("protocol", from.data.endsWith("6")
                                ? kj::str(from.data.slice(0, from.data.size() - 1))
                                : kj::str(from.data));
    else if (operand == "iface.out" || operand == "iface.in")
      interface(from);
    else
      return kj::str(operand, " has no counterpart");
    return nullptr;
  }

  kj::Maybe<kj::String> network(const Operator& from) {
    if (from.data == "LAN")
      rule.text("scope", "lan");
    else if (from.data == "MULTICAST")
      rule.text("scope", "multicast");
    else if (from.data.startsWith("lists."))
      return kj::str("a list of addresses has no counterpart");
    else
      rule.text("address", from.data);
    return nullptr;
  }

  void interface(const Operator& from) {
    rule.text("direction", from.operand == "iface.out" ? "out" : "in");
    rule.text("interface", literalGlob(from.data));
  }
};

struct Loaded {
  kj::String file;
  kj::Own<ForeignJson> json;
};

void convert(const Loaded& from, bool first, Conversion& into) {
  auto root = from.json->root();
  auto action = textOf(root, "action");
  bool decidesAtOnce = action != "allow" || isTrue(root, "precedence");
  if (decidesAtOnce != first) return;
  if (!isTrue(root, "enabled", true)) return into.leaveOut(from.file, "it is switched off");
  auto duration = textOf(root, "duration");
  if (duration == "once") return into.leaveOut(from.file, "it was for one connection only");
  // OpenSnitch drops what it denies, and answers what it rejects.
  kj::StringPtr ours = action == "allow"    ? "allow"_kj
                       : action == "reject" ? "block"_kj
                       : action == "deny"   ? "drop"_kj
                                            : ""_kj;
  if (ours.size() == 0)
    return into.leaveOut(from.file, kj::str("its action \"", action, "\" is not known"));
  Converter converter(root, ours);
  KJ_IF_MAYBE (why, converter.whyNot()) return into.leaveOut(from.file, *why);
  if (duration == "until restart")
    converter.rule.text("until", "restart");
  else if (duration.size() > 0 && duration != "always")
    converter.rule.text("for", duration);
  converter.rule.comment(kj::str("from ", from.file));
  into.add(from.file, kj::mv(converter.rule));
}

}  // namespace

void importOpenSnitch(kj::StringPtr folder, Conversion& into) {
  kj::Vector<Loaded> all;
  for (auto& file : filesIn(folder)) {
    auto json = kj::heap<ForeignJson>(file);
    all.add(Loaded{kj::mv(file), kj::mv(json)});
  }
  for (bool first : {true, false}) {
    // Of those that allow, the last that matches decides there, the first that matches here: what
    // they allow together is the same.
    for (auto& one : all) convert(one, first, into);
  }
  into.remark(
      "OpenSnitch asks only for outgoing connections; its rules come without a direction and hold "
      "for both here");
}

}  // namespace portreeve::cli
