// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rule-text.h"

#include <kj/vector.h>

#include <cstdint>

namespace portreeve::cli {
namespace {

constexpr char HEX[] = "0123456789abcdef";
constexpr size_t LONGEST_NAME = 200;  // of the rule language

bool isNumber(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string::npos &&
         (text == "0" || text[0] != '0');
}

kj::String value(const std::string& text, bool numbersBare) {
  return numbersBare && isNumber(text) ? kj::str(text.c_str()) : quotedToml(text.c_str());
}

kj::String oneOrList(const std::vector<std::string>& texts, bool numbersBare = false) {
  if (texts.size() == 1) return value(texts[0], numbersBare);
  auto values = kj::heapArrayBuilder<kj::String>(texts.size());
  for (auto& text : texts) values.add(value(text, numbersBare));
  return kj::str('[', kj::strArray(values, ", "), ']');
}

class Text {
public:
  void line(kj::StringPtr key, kj::StringPtr written) { lines.add(kj::str(key, " = ", written)); }
  void list(kj::StringPtr key, const std::vector<std::string>& texts, bool numbersBare = false) {
    if (!texts.empty()) line(key, oneOrList(texts, numbersBare));
  }
  kj::String finish() { return kj::str("[[rule]]\n", kj::strArray(lines, "\n"), '\n'); }

private:
  kj::Vector<kj::String> lines;
};

kj::String processTable(const RuleWords& words) {
  kj::Vector<kj::String> keys;
  if (!words.programs.empty()) keys.add(kj::str("path = ", oneOrList(words.programs)));
  if (!words.units.empty()) keys.add(kj::str("unit = ", oneOrList(words.units)));
  if (!words.instance.empty()) keys.add(kj::str("instance = ", quotedToml(words.instance.c_str())));
  return keys.empty() ? kj::String() : kj::str("{ ", kj::strArray(keys, ", "), " }");
}

kj::String joined(const std::vector<std::string>& texts) {
  auto parts = kj::heapArrayBuilder<kj::StringPtr>(texts.size());
  for (auto& text : texts) {
    size_t slash = text.rfind('/');
    // A program by its last component; a network keeps its prefix length.
    bool isPath = !text.empty() && text[0] == '/' && slash + 1 < text.size();
    parts.add(isPath ? text.c_str() + slash + 1 : text.c_str());
  }
  return kj::strArray(parts, ", ");
}

}  // namespace

kj::String quotedToml(kj::StringPtr text) {
  // A basic string of TOML 1.0: what would end it and control characters are escaped.
  kj::Vector<char> result;
  result.add('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      result.add('\\');
      result.add(c);
    } else if (uint8_t(c) < 0x20 || c == 0x7f) {
      result.addAll("\\u00"_kj);
      result.add(HEX[uint8_t(c) >> 4]);
      result.add(HEX[uint8_t(c) & 15]);
    } else {
      result.add(c);
    }
  }
  result.add('"');
  result.add('\0');
  return kj::String(result.releaseAsArray());
}

kj::String ruleName(const RuleWords& words) {
  kj::Vector<kj::String> parts;
  auto add = [&](kj::StringPtr before, const std::vector<std::string>& texts) {
    if (!texts.empty()) parts.add(kj::str(before, joined(texts)));
  };
  parts.add(kj::str(words.action.c_str()));
  add("", words.programs);
  add("unit ", words.units);
  if (!words.instance.empty())
    parts.add(kj::str("process ", words.instance.substr(0, words.instance.find('@')).c_str()));
  add("of ", words.users);
  if (!words.direction.empty())
    parts.add(kj::str(words.direction == "in" ? "incoming" : "outgoing"));
  add("", words.protocols);
  add("to ", words.domains);
  add("to ", words.addresses);
  add("to ", words.scopes);
  add("port ", words.ports);
  if (parts.size() == 1) parts.add(kj::str("everything"));
  auto name = kj::strArray(parts, " ");
  if (name.size() <= LONGEST_NAME) return name;
  size_t end = LONGEST_NAME;
  while (end > 0 && (uint8_t(name[end]) & 0xc0) == 0x80) end--;  // not within a character
  return kj::str(name.slice(0, end));
}

kj::String ruleText(const RuleWords& words) {
  Text text;
  text.line("name",
            words.name.empty() ? quotedToml(ruleName(words)) : quotedToml(words.name.c_str()));
  text.line("action", quotedToml(words.action.c_str()));
  auto process = processTable(words);
  if (process.size() > 0) text.line("process", process);
  text.list("user", words.users, true);
  if (!words.direction.empty()) text.line("direction", quotedToml(words.direction.c_str()));
  text.list("protocol", words.protocols, true);
  text.list("domain", words.domains);
  text.list("address", words.addresses);
  text.list("scope", words.scopes);
  text.list("port", words.ports, true);
  if (!words.lasting.empty()) text.line("for", quotedToml(words.lasting.c_str()));
  if (!words.instance.empty()) text.line("until", quotedToml("process-exit"));
  if (!words.expires.empty()) text.line("expires", words.expires.c_str());
  return text.finish();
}

}  // namespace portreeve::cli
