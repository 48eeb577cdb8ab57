// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/parse.h"

#include "policy/rules/nearest.h"
#include "policy/rules/operands.h"
#include "policy/rules/parse-operands.h"
#include "policy/rules/parse-values.h"

#include <kj/map.h>

namespace portreeve::rules {
namespace {

constexpr size_t LONGEST_NAME = 200;

constexpr kj::StringPtr RULE_KEYS[] = {"name"_kj, "action"_kj, "expires"_kj,   "for"_kj, "until"_kj,
                                       "once"_kj, "answer"_kj, "essential"_kj, "log"_kj, "way"_kj};

kj::Vector<kj::ArrayPtr<const char>> splitLines(kj::StringPtr text) {
  kj::Vector<kj::ArrayPtr<const char>> lines;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); i++) {
    if (i < text.size() && text[i] != '\n') continue;
    lines.add(text.asArray().slice(start, i));
    start = i + 1;
  }
  return lines;
}

bool isBlankOrComment(kj::ArrayPtr<const char> line) {
  for (char c : line) {
    if (c == '#') return true;
    if (c != ' ' && c != '\t' && c != '\r') return false;
  }
  return true;
}

bool isHeader(kj::ArrayPtr<const char> line) {
  // "[[rule]]", and not one element of rule = [{…}].
  for (size_t i = 0; i + 1 < line.size(); i++)
    if (line[i] != ' ' && line[i] != '\t') return line[i] == '[' && line[i + 1] == '[';
  return false;
}

class FileParser {
public:
  FileParser(const RuleSource& source, const ParseOptions& options)
      : source(source),
        options(options),
        own(options.sets == nullptr ? kj::heap<NamedSets>(NamedSets::OTHERS_UNKNOWN)
                                    : kj::Own<NamedSets>()),
        complaints(source.file, result.problems, options.sets == nullptr ? *own : *options.sets),
        lines(splitLines(source.text)) {}

  ParsedRules parse() {
    if (options.sets == nullptr) own->read(source, result.problems);
    try {
      parseRoot(toml::parse(std::string_view(source.text.begin(), source.text.size())));
    } catch (const toml::parse_error& e) {
      complaints.at(e.source(), copyText(e.description()));
    }
    sortByPlace(result.problems);
    return kj::mv(result);
  }

private:
  const RuleSource& source;
  const ParseOptions& options;
  ParsedRules result;
  kj::Own<NamedSets> own;
  Complaints complaints;
  kj::Vector<kj::ArrayPtr<const char>> lines;
  kj::HashMap<kj::String, uint32_t> lineOfName;
  const toml::node* profile = nullptr;  // of all rules of the file

  void parseRoot(const toml::table& root) {
    static constexpr kj::StringPtr ROOT_KEYS[] = {"rule"_kj, "profile"_kj, "sets"_kj,
                                                  "databases"_kj};
    if (source.layer == Layer::USER) refuseDatabases(root);
    profile = root.get("profile");
    for (auto&& [key, value] : root) {
      kj::String word = copyText(key.str());
      if (word == "rule")
        parseRules(value);
      else if (word != "profile" && word != "sets" && word != "databases")  // read elsewhere
        complaints.at(key.source(),
                      kj::str("unknown key \"", word, '"', didYouMean(word, ROOT_KEYS)));
    }
  }

  void refuseDatabases(const toml::table& root) {
    // Policy would open what a user names.
    if (const toml::node* value = root.get("databases"))
      complaints.at(value->source(),
                    kj::str("[databases] stand in the administrator's files alone: "
                            "yours may use what they name"));
  }

  void parseRules(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table) ||
        !isHeader(lines[list->get(0)->source().begin.line - 1])) {
      complaints.at(node.source(),
                    kj::str("write each rule as [[rule]], with two brackets, and its keys below"));
      return;
    }
    for (size_t i = 0; i < list->size(); i++) {
      uint32_t first = list->get(i)->source().begin.line;
      uint32_t behind =
          i + 1 < list->size() ? list->get(i + 1)->source().begin.line : uint32_t(lines.size() + 1);
      parseRule(*list->get_as<toml::table>(i), first, textOf(first, behind));
    }
  }

  kj::String textOf(uint32_t first, uint32_t behind) const {
    // Comments above the next rule belong to that one.
    while (behind > first + 1 && isBlankOrComment(lines[behind - 2])) behind--;
    return kj::strArray(lines.asPtr().slice(first - 1, behind - 1), "\n");
  }

  void parseRule(const toml::table& table, uint32_t line, kj::String text) {
    Rule rule;
    rule.layer = source.layer;
    rule.user = source.user;
    rule.file = kj::str(source.file);
    rule.line = line;
    rule.text = kj::mv(text);
    parseName(table, rule);
    parseAction(table, rule);
    parseOnce(table, rule);
    parseWay(table, rule);
    parseAnswer(table, rule);
    parseFlag(table, "essential", rule.essential);
    parseFlag(table, "log", rule.log);
    if (source.layer == Layer::USER) refuseForUsers(table, rule);
    parseEnd(table, rule);
    rule.operands = parseOperands(table, RULE_KEYS, {options, complaints});
    if (profile != nullptr) addProfile(rule);
    result.rules.add(kj::mv(rule));
  }

  void refuseForUsers(const toml::table& table, const Rule& rule) {
    if (rule.answer)
      complaints.at(table.get("answer")->source(),
                    kj::str("answers are given by `portreeve ask`: a rule of your own answers "
                            "nothing"));
    if (!rule.log)  // or what the administrator's rules stop were hidden from the history
      complaints.at(table.get("log")->source(),
                    kj::str("what is kept of your connections is the administrator's to say"));
  }

  void addProfile(Rule& rule) {
    size_t first = rule.operands.size();
    parseFileProfile(*profile, {options, complaints}, rule.operands);
    if (rule.operands.size() == first) {
      profile = nullptr;  // said once is enough
      return;
    }
    rule.profile = rule.operands.back()->wanted();
    sortByCost(rule.operands);
  }

  void parseName(const toml::table& table, Rule& rule) {
    const toml::node* value = table.get("name");
    if (value == nullptr || !value->is_string() || value->as_string()->get().empty()) {
      complaints.at(value == nullptr ? table.source() : value->source(),
                    kj::str("a rule needs a name in quotes, to be told by: name = \"…\""));
      return;
    }
    rule.name = kj::str(toText(value->as_string()->get()));
    if (rule.name.size() > LONGEST_NAME || hasControl(rule.name))
      complaints.at(value->source(), kj::str("a name has one line, of at most 200 bytes"));
    KJ_IF_MAYBE (other, lineOfName.find(rule.name)) {
      complaints.at(value->source(), kj::str("a rule named \"", rule.name, "\" stands in line ",
                                             *other, " already: give this one another name"));
    } else {
      lineOfName.insert(kj::str(rule.name), rule.line);
    }
  }

  static bool hasControl(kj::StringPtr text) {
    for (char c : text)
      if (uint8_t(c) < 0x20 || c == 0x7f) return true;
    return false;
  }

  bool isOurs() const { return source.layer == Layer::BUILT_IN || source.layer == Layer::DEFAULT; }

  void parseAction(const toml::table& table, Rule& rule) {
    static constexpr Action ACTIONS[] = {Action::ALLOW, Action::BLOCK, Action::DROP, Action::GATE17,
                                         Action::ASK};
    static constexpr kj::StringPtr WORDS[] = {"allow"_kj, "block"_kj, "drop"_kj, "gate17"_kj,
                                              "ask"_kj};
    const toml::node* value = table.get("action");
    if (value == nullptr)
      return complaints.at(table.source(),
                           kj::str("a rule needs an action: allow, block, drop, gate17 or ask"));
    if (value->is_array())
      return complaints.at(value->source(),
                           kj::str("a rule has one action: allow, block, drop, gate17 or ask"));
    if (value->is_string() && isReserved(*value, rule)) return;
    eachWord(*value, WORDS, complaints, [&](size_t index) { rule.action = ACTIONS[index]; });
    bool tightens = rule.action != Action::GATE17 && rule.action != Action::ASK;
    if (source.layer == Layer::USER && !tightens)
      complaints.at(value->source(),
                    kj::str("whom to ask and where to turn connections is the administrator's to "
                            "say: take block or drop, or allow for what your own later rules are "
                            "not to stop"));
  }

  bool isReserved(const toml::node& value, Rule& rule) {
    kj::StringPtr word = toText(value.as_string()->get());
    if (word == "nameserver" && isOurs()) {
      rule.action = Action::NAMESERVER;
    } else if (word == "nameserver") {
      complaints.at(value.source(), kj::str("the action \"nameserver\" is for built-in rules "
                                            "alone: take allow, block, drop, gate17 or ask"));
    } else {
      return false;
    }
    return true;
  }

  void parseOnce(const toml::table& table, Rule& rule) {
    parseFlag(table, "once", rule.once);
    if (!rule.once || isPlain(rule.action)) return;
    complaints.at(
        table.get("once")->source(),
        rule.action == Action::ASK
            ? kj::str("once = true goes with allow, block and drop: how long an answer "
                      "holds is said with the answer")
            : kj::str("once = true goes with allow, block and drop: where a connection is "
                      "turned to is decided by its first packet, for good"));
  }

  static bool isPlain(Action action) {
    return action == Action::ALLOW || action == Action::BLOCK || action == Action::DROP;
  }

  void parseFlag(const toml::table& table, kj::StringPtr key, bool& flag) {
    const toml::node* value = table.get(key.cStr());
    if (value == nullptr) return;
    if (!value->is_boolean())
      return complaints.at(value->source(), kj::str(key, " wants true or false, without quotes"));
    flag = value->as_boolean()->get();
  }

  void parseAnswer(const toml::table& table, Rule& rule) {
    parseFlag(table, "answer", rule.answer);
    if (rule.answer && !isPlain(rule.action))
      complaints.at(table.get("answer")->source(), kj::str("an answer is allow, block or drop"));
  }

  void parseWay(const toml::table& table, Rule& rule) {
    const toml::node* value = table.get("way");
    if (value == nullptr) return;
    if (rule.action != Action::GATE17)
      complaints.at(value->source(), kj::str("way goes with action = \"gate17\" alone"));
    eachText(*value, "way", complaints, [&](kj::StringPtr name, const toml::source_region& where) {
      KJ_IF_MAYBE (known, options.ways) requireWay(name, *known, where);
      rule.ways.add(kj::str(name));
    });
  }

  void requireWay(kj::StringPtr name, kj::ArrayPtr<const kj::String> known,
                  const toml::source_region& where) {
    auto names = KJ_MAP(way, known) {
      return kj::StringPtr(way);
    };
    for (auto one : names)
      if (one == name) return;
    complaints.at(
        where, names.size() == 0
                   ? kj::str("unknown way \"", name, "\": portreeve.toml has no [[gate.way]] yet")
                   : kj::str("unknown way \"", name, '"', didYouMean(name, names)));
  }

  void parseEnd(const toml::table& table, Rule& rule) {
    unsigned ends = 0;
    const toml::node* last = nullptr;
    if (const toml::node* value = table.get("expires")) {
      KJ_IF_MAYBE (when, parseTime(*value, complaints)) rule.expiresNs = *when;
      last = value, ends++;
    }
    if (const toml::node* value = table.get("for")) {
      KJ_IF_MAYBE (time, parseDuration(*value, complaints)) {
        rule.expiresNs = source.writtenNs + *time;
        rule.lasting = true;
      }
      last = value, ends++;
    }
    if (const toml::node* value = table.get("until")) {
      parseUntil(table, *value, rule);
      last = value, ends++;
    }
    if (ends > 1)
      complaints.at(last->source(),
                    kj::str("a rule ends once: take one of expires, for and until"));
  }

  void parseUntil(const toml::table& table, const toml::node& value, Rule& rule) {
    static constexpr kj::StringPtr WORDS[] = {"restart"_kj, "process-exit"_kj};
    if (value.is_date_time()) {
      KJ_IF_MAYBE (when, parseTime(value, complaints)) rule.expiresNs = *when;
      return;
    }
    eachWord(value, WORDS, complaints, [&](size_t word) {
      endAtRestart(rule);
      rule.untilExit = word == 1;
    });
    if (rule.untilExit && table["process"]["instance"].node() == nullptr)
      complaints.at(
          value.source(),
          kj::str("until = \"process-exit\" needs process = { instance = \"PID@START\" }: "
                  "`portreeve rule add --pid PID` writes both"));
  }

  void endAtRestart(Rule& rule) const {
    rule.untilRestart = true;
    if (source.writtenNs < options.startedNs) rule.expiresNs = options.startedNs;
  }
};

}  // namespace

ParsedRules parse(const RuleSource& source, const ParseOptions& options) {
  return FileParser(source, options).parse();
}

}  // namespace portreeve::rules
