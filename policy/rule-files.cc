// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rule-files.h"

#include "common/name-list.h"
#include "policy/failure.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>

namespace portreeve::policy {
namespace {

using rules::Layer;
using rules::RuleSource;

constexpr size_t LONGEST_SLUG = 40;
constexpr unsigned DIGITS = 4;
constexpr unsigned STEP = 10;  // room for a person to put a file between

void addFingerprint(kj::StringPtr folder, kj::StringPtr ending, kj::Vector<kj::String>& lines) {
  DIR* opened = opendir(folder.cStr());
  if (opened == nullptr) return;
  KJ_DEFER(closedir(opened));
  while (const dirent* entry = readdir(opened)) {
    kj::StringPtr name = entry->d_name;
    if (name.startsWith(".") || !name.endsWith(ending)) continue;
    struct stat status {};
    stat(kj::str(folder, '/', name).cStr(), &status);
    lines.add(kj::str(folder, '/', name, ' ', status.st_dev, ' ', status.st_ino, ' ',
                      status.st_size, ' ', status.st_mtim.tv_sec, ' ', status.st_mtim.tv_nsec, ' ',
                      status.st_mode));
  }
}

RuleSource copyOne(const RuleSource& source) {
  return RuleSource{kj::str(source.file), kj::str(source.text), source.layer, source.writtenNs,
                    source.user};
}

kj::String pathOf(kj::StringPtr changeName, kj::StringPtr ownFolder) {
  if (!isUsersFile(changeName)) return kj::str(ownFolder, '/', changeName);
  return kj::str(ownFolder.slice(0, ownFolder.findLast('/').orDefault(0)), '/', changeName);
}

kj::Maybe<uint32_t> userOf(kj::StringPtr file) {
  // "1000-0010-by-hand.toml"
  uint64_t uid = 0;
  size_t digits = 0;
  for (; digits < file.size() && file[digits] >= '0' && file[digits] <= '9' && digits < 10;
       digits++)
    uid = 10 * uid + uint64_t(file[digits] - '0');
  if (digits == 0 || file[digits] != '-' || uid >= UINT32_MAX) return nullptr;
  return uint32_t(uid);
}

void addUsers(rules::FolderContent found, rules::FolderContent& content) {
  for (auto& source : found.sources) {
    KJ_IF_MAYBE (uid, userOf(fileName(source.file))) {
      source.user = *uid;
      content.sources.add(kj::mv(source));
    } else {
      content.ofUsers.add(rules::Problem{
          kj::mv(source.file), 0, 0,
          kj::str("is no file of a user's rules: its name begins with his number and \"-\"")});
    }
  }
  for (auto& problem : found.problems) content.ofUsers.add(kj::mv(problem));
}

bool isChanged(const RuleSource& source, kj::ArrayPtr<const FileChange> changes,
               kj::StringPtr ownFolder) {
  if (source.layer != Layer::SUITE && source.layer != Layer::USER) return false;
  for (auto& change : changes)
    if (source.file == pathOf(change.name, ownFolder)) return true;
  return false;
}

kj::String slug(kj::StringPtr name) {
  kj::Vector<char> letters;
  for (char c : name) {
    if (letters.size() == LONGEST_SLUG) break;
    if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain)
      letters.add(c);
    else if (!letters.empty() && letters.back() != '-')
      letters.add('-');
  }
  while (!letters.empty() && letters.back() == '-') letters.removeLast();
  return letters.empty() ? kj::str("rule") : kj::heapString(letters.begin(), letters.size());
}

struct Lines {
  kj::Vector<kj::ArrayPtr<const char>> all;  // each with its line end

  explicit Lines(kj::StringPtr text) {
    size_t start = 0;
    for (size_t i = 0; i < text.size(); i++) {
      if (text[i] != '\n') continue;
      all.add(text.asArray().slice(start, i + 1));
      start = i + 1;
    }
    if (start < text.size()) all.add(text.asArray().slice(start, text.size()));
  }

  kj::String join(size_t from, size_t to) const {
    kj::Vector<char> text;
    for (auto line : all.asPtr().slice(from, to)) text.addAll(line);
    return kj::heapString(text.begin(), text.size());
  }
};

struct Place {
  size_t first, behind;  // lines, from 0
};

Place placeIn(const Lines& lines, const rules::Rule& rule) {
  size_t first = rule.line - 1;
  size_t behind = first + Lines(kj::str(rule.text, '\n')).all.size();
  auto there = behind <= lines.all.size() ? lines.join(first, behind) : kj::String();
  if (there != rule.text && there != kj::str(rule.text, '\n'))
    fail("rule \"", rule.name, "\" does not stand at ", rule.origin(),
         " any more: nothing was changed; try again");
  return {first, behind};
}

bool isBlankOrComment(kj::ArrayPtr<const char> line) {
  for (char c : line) {
    if (c == '#') return true;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return true;
}

}  // namespace

rules::FolderContent readRuleFiles(const RuleFolders& folders) {
  auto content = rules::readFolder(folders.administrator, Layer::ADMINISTRATOR);
  auto own = rules::readFolder(folders.own, Layer::SUITE);
  for (auto& source : own.sources)
    if (!isRuleFile(fileName(source.file)))
      content.problems.add(rules::Problem{
          kj::str(source.file), 0, 0,
          kj::str("this name is that of another file of policy: give this one another name")});
  for (auto& source : own.sources) content.sources.add(kj::mv(source));
  for (auto& problem : own.problems) content.problems.add(kj::mv(problem));
  addUsers(rules::readFolder(folders.users, Layer::USER), content);
  return content;
}

kj::String fingerprint(const RuleFolders& folders) {
  kj::Vector<kj::String> lines;
  addFingerprint(folders.administrator, ".toml", lines);
  addFingerprint(folders.own, ".toml", lines);
  addFingerprint(folders.users, ".toml", lines);
  addFingerprint(folders.lists, NameListFolder::ENDING, lines);
  std::sort(lines.begin(), lines.end());
  return kj::strArray(lines, "\n");
}

kj::String fingerprintOfLists(const RuleFolders& folders) {
  kj::Vector<kj::String> lines;
  addFingerprint(folders.lists, NameListFolder::ENDING, lines);
  std::sort(lines.begin(), lines.end());
  return kj::strArray(lines, "\n");
}

bool same(kj::ArrayPtr<const RuleSource> a, kj::ArrayPtr<const RuleSource> b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const RuleSource& one, const RuleSource& other) {
        return one.file == other.file && one.text == other.text && one.layer == other.layer &&
               one.user == other.user && one.writtenNs == other.writtenNs;
      });
}

RuleSources copyOf(kj::ArrayPtr<const RuleSource> sources) {
  RuleSources copied;
  for (auto& source : sources) copied.add(copyOne(source));
  return copied;
}

RuleSources changed(kj::ArrayPtr<const RuleSource> sources, kj::ArrayPtr<const FileChange> changes,
                    kj::StringPtr ownFolder, uint64_t nowWallNs) {
  RuleSources result;
  for (auto& source : sources)
    if (!isChanged(source, changes, ownFolder)) result.add(copyOne(source));
  for (auto& change : changes) {
    if (!isRuleFile(change.name)) continue;
    KJ_IF_MAYBE (content, change.content) {
      uint64_t written = content->writtenNs == 0 ? nowWallNs : content->writtenNs;
      RuleSource source{pathOf(change.name, ownFolder), kj::str(content->text), Layer::SUITE,
                        written};
      if (isUsersFile(change.name)) {
        source.layer = Layer::USER;
        source.user = userOf(fileName(change.name)).orDefault(0);
      }
      result.add(kj::mv(source));
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const RuleSource& a, const RuleSource& b) {
    return a.layer != b.layer ? a.layer < b.layer : a.file < b.file;
  });
  return result;
}

kj::String KeptBy::changeName(kj::StringPtr path) const {
  return user == nullptr ? kj::str(fileName(path)) : kj::str(USERS_PREFIX, fileName(path));
}

kj::String nextFileName(kj::ArrayPtr<const RuleSource> sources, const KeptBy& whose,
                        kj::StringPtr ruleName) {
  kj::String before = kj::str();
  KJ_IF_MAYBE (uid, whose.user) before = kj::str(*uid, '-');
  unsigned long last = 0;
  for (auto& source : sources)
    if (whose.owns(source) && fileName(source.file).startsWith(before))
      last = kj::max(last, strtoul(fileName(source.file).slice(before.size()).cStr(), nullptr, 10));
  // Past four digits name order is no longer number order; nobody gets there by hand.
  auto number = kj::min(last + STEP, 9990ul);
  auto name = kj::str(before, numberedName(number, ruleName));
  auto isTaken = [&](kj::StringPtr wanted) {
    for (auto& source : sources)
      if (whose.owns(source) && fileName(source.file) == wanted) return true;
    return false;
  };
  for (unsigned again = 2; isTaken(name); again++)
    name = kj::str(before, numberedName(number, kj::str(ruleName, ' ', again)));
  return whose.changeName(name);
}

kj::String numberedName(unsigned long number, kj::StringPtr ruleName) {
  auto digits = kj::str(number);
  while (digits.size() < DIGITS) digits = kj::str('0', digits);
  return kj::str(digits, '-', slug(ruleName), ".toml");
}

kj::StringPtr fileName(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1);
  return path;
}

kj::String withRule(kj::StringPtr text, const rules::Rule& rule, kj::StringPtr instead) {
  Lines lines(text);
  auto place = placeIn(lines, rule);
  return kj::str(lines.join(0, place.first), instead, lines.join(place.behind, lines.all.size()));
}

kj::String withoutRule(kj::StringPtr text, const rules::Rule& rule) {
  auto rest = withRule(text, rule, "");
  Lines lines(rest);
  for (auto line : lines.all)
    if (!isBlankOrComment(line)) return rest;
  return kj::String();
}

kj::Array<kj::String> partedAt(kj::StringPtr text, uint32_t line) {
  Lines lines(text);
  size_t at = kj::min(size_t(line - 1), lines.all.size());
  return kj::arr(lines.join(0, at), lines.join(at, lines.all.size()));
}

}  // namespace portreeve::policy
