// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/import-formats.h"

#include "cli/rule-text.h"
#include "policy/rules/parse.h"

namespace portreeve::cli {

kj::String literalGlob(kj::StringPtr text) {
  kj::Vector<char> escaped;
  for (char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == '\\' || (c == '@' && escaped.empty()))
      escaped.add('\\');
    escaped.add(c);
  }
  return kj::heapString(escaped.begin(), escaped.size());
}

ForeignRule::ForeignRule(kj::StringPtr name, kj::StringPtr action) : called(kj::str(name)) {
  line("action", quotedToml(action));
}

void ForeignRule::line(kj::StringPtr key, kj::StringPtr written) {
  lines.add(kj::str(key, " = ", written));
}

void ForeignRule::text(kj::StringPtr key, kj::StringPtr value) {
  line(key, quotedToml(value));
}

void ForeignRule::texts(kj::StringPtr key, kj::ArrayPtr<const kj::String> values) {
  if (values.size() == 0) return;
  if (values.size() == 1) return text(key, values[0]);
  auto all = KJ_MAP(value, values) {
    return quotedToml(value);
  };
  line(key, kj::str('[', kj::strArray(all, ", "), ']'));
}

void ForeignRule::process(kj::StringPtr key, kj::StringPtr value) {
  processKeys.add(kj::str(key, " = ", quotedToml(value)));
}

void ForeignRule::comment(kj::StringPtr words) {
  auto line = kj::str("# ", words);
  for (char& c : line)
    if (uint8_t(c) < 0x20 || c == 0x7f) c = ' ';
  comments.add(kj::mv(line));
}

kj::String ForeignRule::toToml() const {
  kj::Vector<kj::String> all;
  for (auto& comment : comments) all.add(kj::str(comment));
  all.add(kj::str("[[rule]]"));
  all.add(kj::str("name = ", quotedToml(called)));
  for (auto& line : lines) all.add(kj::str(line));
  if (!processKeys.empty()) all.add(kj::str("process = { ", kj::strArray(processKeys, ", "), " }"));
  return kj::str(kj::strArray(all, "\n"), '\n');
}

void Conversion::add(kj::StringPtr origin, ForeignRule rule) {
  auto toml = rule.toToml();
  auto name = unique(rule.name());
  if (name != rule.name()) {
    auto written = kj::str("name = ", quotedToml(rule.name()), '\n');
    std::string text(toml.cStr());
    text.replace(text.find(written.cStr()), written.size(),
                 kj::str("name = ", quotedToml(name), '\n').cStr());
    toml = kj::str(text.c_str());
  }
  auto parsed = rules::parse(
      rules::RuleSource{kj::str(origin), kj::str(toml), rules::Layer::ADMINISTRATOR, 0}, {users});
  for (auto& problem : parsed.problems) return leaveOut(origin, problem.reason);
  names.add(kj::mv(name));
  rules.add(kj::mv(toml));
}

void Conversion::leaveOut(kj::StringPtr origin, kj::StringPtr why) {
  leftOut.add(kj::str(origin, ": ", why));
}

void Conversion::remark(kj::StringPtr words) {
  for (auto& one : said)
    if (one == words) return;
  said.add(kj::str(words));
}

kj::String Conversion::toml() const {
  return kj::strArray(rules, "\n");
}

kj::String Conversion::unique(kj::StringPtr name) {
  auto taken = [&](kj::StringPtr wanted) {
    for (auto& one : names)
      if (one == wanted) return true;
    return false;
  };
  auto free = kj::str(name);
  for (unsigned number = 2; taken(free); number++) free = kj::str(name, " (", number, ')');
  return free;
}

}  // namespace portreeve::cli
