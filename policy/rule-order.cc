// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-order.h"

#include "policy/failure.h"

#include <stdlib.h>

namespace portreeve::policy {
namespace {

constexpr unsigned long STEP = 10;  // between two files' numbers, as for those that are added

unsigned long numberOf(kj::StringPtr name) {
  return strtoul(name.cStr(), nullptr, 10);
}

uint32_t linesIn(kj::StringPtr text) {
  uint32_t count = text.endsWith("\n") ? 0 : 1;
  for (char c : text) count += c == '\n';
  return count;
}

}  // namespace

RuleOrder::RuleOrder(kj::ArrayPtr<const rules::RuleSource> sources, kj::StringPtr ownFolder) {
  auto folder = kj::str(ownFolder, '/');
  for (auto& source : sources) {
    if (source.layer != rules::Layer::SUITE || !source.file.startsWith(folder)) continue;
    for (auto* list : {&files, &before})
      list->add(File{kj::str(fileName(source.file)), kj::String(), kj::str(source.text),
                     source.writtenNs});
  }
}

size_t RuleOrder::indexOf(const rules::Rule& rule) const {
  for (size_t i = 0; i < files.size(); i++)
    if (files[i].name == fileName(rule.file)) return i;
  fail("rule \"", rule.name, "\" does not stand at ", rule.origin(), " any more: try again");
}

RuleOrder::File RuleOrder::takeOut(const rules::Rule& rule) {
  auto& file = files[indexOf(rule)];
  file.text = withoutRule(file.text, rule);
  auto text = rule.text.endsWith("\n") ? kj::str(rule.text) : kj::str(rule.text, '\n');
  return File{kj::String(), kj::str(rule.name), kj::mv(text), file.writtenNs};
}

void RuleOrder::insert(size_t index, File file) {
  kj::Vector<File> longer;
  for (size_t i = 0; i < files.size(); i++) {
    if (i == index) longer.add(kj::mv(file));
    longer.add(kj::mv(files[i]));
  }
  if (index == files.size()) longer.add(kj::mv(file));
  files = kj::mv(longer);
}

void RuleOrder::moveLast(const rules::Rule& rule) {
  insert(files.size(), takeOut(rule));
}

void RuleOrder::move(const rules::Rule& rule, const rules::Rule& other) {
  bool sameFile = rule.file == other.file;
  auto line = other.line;
  if (sameFile && rule.line < other.line) line -= linesIn(rule.text);
  auto moved = takeOut(rule);
  auto index = indexOf(other);
  auto parts = partedAt(files[index].text, line);
  // Sets and remarks that stand before it stay where they are as well.
  if (parts[0].size() > 0) {
    auto written = files[index].writtenNs;
    files[index].text = kj::mv(parts[0]);
    insert(++index, File{kj::String(), kj::str(other.name), kj::mv(parts[1]), written});
  }
  insert(index, kj::mv(moved));
}

kj::Vector<kj::String> RuleOrder::names() const {
  kj::Vector<kj::String> names;
  for (auto& file : files) names.add(kj::str(file.name));
  if (nameNew(names)) return names;
  for (size_t i = 0; i < files.size(); i++) {
    kj::StringPtr slug = files[i].name;
    kj::StringPtr title = files[i].title;
    kj::String known;
    if (title.size() == 0) {
      auto rest = slug.findFirst('-').orDefault(0);
      known = kj::heapString(slug.slice(rest, slug.size() - kj::StringPtr(".toml").size()));
      title = known;
    }
    names[i] = numberedName((i + 1) * STEP, title);
  }
  return names;
}

bool RuleOrder::nameNew(kj::Vector<kj::String>& names) const {
  unsigned long last = 0;
  for (size_t i = 0; i < files.size(); i++) {
    if (files[i].text.size() == 0) continue;
    if (names[i].size() > 0) {
      last = numberOf(names[i]);
      continue;
    }
    unsigned long next = last + 2 * STEP;
    for (size_t j = files.size(); j-- > i + 1;)
      if (names[j].size() > 0) next = numberOf(names[j]);
    if (next <= last + 1 || last + 1 >= 9999) return false;
    last = (last + next) / 2;
    names[i] = numberedName(last, files[i].title);
  }
  return true;
}

kj::Vector<FileChange> RuleOrder::changes() const {
  auto called = names();
  kj::Vector<FileChange> changes;
  auto indexNow = [&](kj::StringPtr name) -> kj::Maybe<size_t> {
    for (size_t i = 0; i < files.size(); i++)
      if (called[i] == name && files[i].text.size() > 0) return i;
    return nullptr;
  };
  for (auto& old : before)
    if (indexNow(old.name) == nullptr) changes.add(FileChange{kj::str(old.name), nullptr});
  for (size_t i = 0; i < files.size(); i++) {
    if (files[i].text.size() == 0) continue;
    bool asItWas = false;
    for (auto& old : before) asItWas |= old.name == called[i] && old.text == files[i].text;
    if (!asItWas)
      changes.add(
          FileChange{kj::str(called[i]), FileContent{kj::str(files[i].text), files[i].writtenNs}});
  }
  return changes;
}

}  // namespace portreeve::policy
