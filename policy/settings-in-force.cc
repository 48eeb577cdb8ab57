// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/settings-in-force.h"

#include "common/log.h"
#include "common/settings-catalogue.h"
#include "policy/failure.h"
#include "policy/rules/nearest.h"
#include "policy/toml-node.h"
#include "policy/toml-text.h"

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr PREFIX = "policy."_kj;
constexpr kj::StringPtr HEADING =
    "# Changed with `portreeve settings set`, and in force instead of what portreeve.toml says.\n"_kj;

std::string_view view(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

toml::table parsed(kj::StringPtr text) {
  return toml::parse(view(text));
}

kj::StringPtr requireKey(kj::StringPtr name) {
  kj::Vector<kj::String> known;
  for (auto& one : settingKeys()) {
    auto whole = kj::str(one.section, '.', one.key);
    if (whole == name && one.changeable()) return one.key;
    if (one.changeable()) known.add(kj::mv(whole));
    bool theirs = name.startsWith(kj::str(one.section, one.isOfMany() ? "" : ".")) &&
                  name.endsWith(kj::str('.', one.key));
    if (theirs && !one.changeable())
      fail(name, " is changed in portreeve.toml by the administrator, and is in force ",
           one.takesForce, ": by command only settings of [policy] are changed");
  }
  auto words = KJ_MAP(word, known) {
    return kj::StringPtr(word);
  };
  fail("there is no setting \"", name, '"', rules::didYouMean(name, words));
}

kj::String lineOf(kj::StringPtr key, kj::StringPtr value) {
  // What is no TOML is a text: block, not "block". A line more would be another key.
  auto asIs = kj::str(key, " = ", value, '\n');
  try {
    if (value.findFirst('\n') == nullptr && parsed(asIs).size() == 1) return asIs;
  } catch (const toml::parse_error&) {
  }
  return kj::str(key, " = ", quoted(value), '\n');
}

}  // namespace

SettingsInForce::SettingsInForce(kj::StringPtr path, const Settings::PolicyTable& atStart,
                                 DurableFolder& state)
    : file(kj::str(path)),
      fromFile(atStart.copy()),
      state(state),
      effective(atStart.copy()),
      lookedAt(fingerprint()) {}

void SettingsInForce::restore() {
  state.readOrSetAside(SETTINGS_FILE, "what portreeve.toml says is in force",
                       [this](kj::StringPtr text) {
                         over(text);
                         changed = kj::str(text);
                       });
  settle();
}

bool SettingsInForce::readFile(Check check) {
  auto present = fingerprint();
  if (present == lookedAt) return false;
  lookedAt = kj::mv(present);
  auto before = kj::mv(fromFile);
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() {
                 fromFile = Settings::load(file).policy.copy();
                 KJ_IF_MAYBE (why, check(over(changed))) fail(file, ": ", *why);
               })) {
    fromFile = kj::mv(before);
    wrong = kj::str(e->getDescription());
    log::error(kj::str(wrong, "; the settings from before stay in force"));
    return false;
  }
  wrong = kj::String();
  return settle();
}

bool SettingsInForce::fileChanged() const {
  return fingerprint() != lookedAt;
}

bool SettingsInForce::readChanges() {
  kj::String text;
  KJ_IF_MAYBE (content, state.read(SETTINGS_FILE)) text = kj::mv(content->text);
  if (text == changed) return false;
  KJ_IF_MAYBE (e, kj::runCatchingExceptions([&]() { over(text); })) {
    log::error(kj::str(e->getDescription(), "; the settings from before stay in force"));
    return false;
  }
  changed = kj::mv(text);
  return settle();
}

bool SettingsInForce::settle() {
  auto fresh = over(changed);
  if (fresh == effective) return false;
  effective = kj::mv(fresh);
  return true;
}

bool SettingsInForce::isChanged(kj::StringPtr key) const {
  auto root = parsed(changed);
  return bool(root["policy"][view(key)]);
}

FileChange SettingsInForce::planned(kj::ArrayPtr<const SettingChange> changes) const {
  auto root = parsed(changed);
  kj::Vector<kj::String> lines;
  auto isNew = [&](kj::StringPtr key) {
    for (auto& change : changes)
      if (requireKey(change.name) == key) return true;
    return false;
  };
  if (auto* before = root["policy"].as_table())
    for (auto&& [key, value] : *before) {
      auto name = kj::heapString(key.str().data(), key.str().size());
      if (!isNew(name)) lines.add(kj::str(name, " = ", textOf(value), '\n'));
    }
  for (auto& change : changes) {
    auto key = requireKey(change.name);
    if (change.value.size() == 0) continue;
    auto line = lineOf(key, change.value);
    // Alone first: its line and column are nobody's.
    auto table = fromFile.copy();
    KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                        [&]() { readPolicyTable("", kj::str("[policy]\n", line), table); })) {
      kj::StringPtr words = e->getDescription();
      KJ_IF_MAYBE (blank, words.findFirst(' ')) words = words.slice(*blank + 1);
      fail(words, ", not ", change.value);
    }
    lines.add(kj::mv(line));
  }
  if (lines.empty()) return FileChange{kj::str(SETTINGS_FILE), nullptr};
  return FileChange{kj::str(SETTINGS_FILE),
                    FileContent{kj::str(HEADING, "[policy]\n", kj::strArray(lines, ""))}};
}

bool SettingsInForce::isAsBefore(const FileChange& change) const {
  KJ_IF_MAYBE (content, change.content) return content->text == changed;
  return changed.size() == 0;
}

Settings::PolicyTable SettingsInForce::after(kj::ArrayPtr<const FileChange> changes) const {
  for (auto& change : changes) {
    if (change.name != SETTINGS_FILE) continue;
    KJ_IF_MAYBE (content, change.content) return over(content->text);
    return fromFile.copy();
  }
  return effective.copy();
}

Settings::PolicyTable SettingsInForce::over(kj::StringPtr text) const {
  auto table = fromFile.copy();
  readPolicyTable(state.fullPath(SETTINGS_FILE), text, table);
  return table;
}

kj::String SettingsInForce::fingerprint() const {
  struct stat status {};
  if (stat(file.cStr(), &status) != 0) return kj::str("missing");
  return kj::str(status.st_dev, ' ', status.st_ino, ' ', status.st_size, ' ', status.st_mtim.tv_sec,
                 ' ', status.st_mtim.tv_nsec);
}

}  // namespace portreeve::policy
