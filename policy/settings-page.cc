// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/settings-page.h"

#include "common/clock.h"
#include "common/settings-catalogue.h"
#include "policy/toml-node.h"
#include "policy/toml-text.h"

#include <kj/debug.h>

#include <filesystem>
#include <string>

namespace portreeve::policy {
namespace {

constexpr const char* SECRETS[] = {"password", "secret", "token", "private_key"};

bool isSecret(const std::string& key) {
  for (auto word : SECRETS)
    if (key.find(word) != std::string::npos) return true;
  return false;
}

struct Written {
  kj::String section, key, value;
  uint32_t line;
};

class FileReading {
public:
  kj::Vector<Written> all;
  kj::String error;

  explicit FileReading(kj::StringPtr path) {
    if (!std::filesystem::exists(path.cStr())) return;
    try {
      collect(toml::parse_file(std::string_view(path.begin(), path.size())), "");
    } catch (const toml::parse_error& e) {
      error = kj::str(path, ':', e.source().begin.line, ": ", std::string(e.description()).c_str());
    } catch (const std::filesystem::filesystem_error& e) {
      error = kj::str(e.what());
    }
  }

  kj::Maybe<const Written&> find(const SettingKey& wanted) const {
    for (auto& one : all)
      if (one.section == wanted.section && one.key == wanted.key) return one;
    return nullptr;
  }

private:
  void collect(const toml::table& table, const std::string& section) {
    for (auto&& [key, value] : table) {
      std::string name(key.str());
      auto whole = section.empty() ? name : section + "." + name;
      auto* list = value.as_array();
      if (auto* inner = value.as_table(); inner != nullptr && whole != "resolver.zones") {
        collect(*inner, whole);
      } else if (list != nullptr && name != "when" && list->is_array_of_tables()) {
        for (size_t i = 0; i < list->size(); i++)
          collect(*(*list)[i].as_table(), whole + "." + std::to_string(i + 1));
      } else {
        all.add(Written{kj::str(section.c_str()), kj::str(name.c_str()),
                        isSecret(name) ? kj::str("(not shown)") : textOf(value),
                        value.source().begin.line});
      }
    }
  }
};

kj::String valueInForce(const Settings::PolicyTable& table, kj::StringPtr key) {
  if (key == "default") return quoted(toText(table.defaultAction));
  if (key == "unanswered") return quoted(toText(table.unanswered));
  if (key == "answer_seconds") return kj::str(table.answerSeconds);
  if (key == "keep_existing") return kj::str(table.keepExisting);
  auto names = KJ_MAP(name, table.builtinOff) {
    return quoted(name);
  };
  return kj::str('[', kj::strArray(names, ", "), ']');
}

uint32_t changeOf(const ChangeLog& log, kj::StringPtr key) {
  // The newest that gave it another value.
  auto valueIn = [key](const kj::Maybe<kj::String>& text) -> kj::String {
    KJ_IF_MAYBE (toml, text) {
      auto root = toml::parse(std::string_view(toml->begin(), toml->size()));
      auto node = root["policy"][std::string_view(key.begin(), key.size())];
      if (node) return textOf(*node.node());
    }
    return kj::String();
  };
  auto changes = log.all();
  for (size_t i = changes.size(); i > 0; i--)
    for (auto& file : changes[i - 1].files)
      if (file.own && file.file == SETTINGS_FILE && valueIn(file.before) != valueIn(file.after))
        return changes[i - 1].number;
  return 0;
}

void fillKind(const SettingKey& key, proto::view::SettingView::Builder view) {
  view.setDefault(key.fallback);
  view.setChangeable(key.changeable());
  view.setTakesForce(key.takesForce);
  view.setKind(toText(key.kind));
  view.setLeast(key.least);
  view.setMost(key.most);
  kj::Vector<kj::String> words;
  for (auto rest = key.choices; rest.size() > 0;) {
    auto end = rest.findFirst(' ').orDefault(rest.size());
    words.add(kj::str(rest.slice(0, end)));
    rest = rest.slice(end == rest.size() ? end : end + 1);
  }
  auto choices = view.initChoices(uint(words.size()));
  for (uint i = 0; i < words.size(); i++) choices.set(i, words[i]);
}

struct Row {
  kj::StringPtr section, key;
  kj::Maybe<const SettingKey&> known;
  kj::Maybe<const Written&> written;
};

kj::Vector<Row> rowsOf(const FileReading& file) {
  kj::Vector<Row> rows;
  for (auto& key : settingKeys())
    if (!key.isOfMany()) rows.add(Row{key.section, key.key, key, file.find(key)});
  for (auto& one : file.all) {
    auto known = findSetting(one.section, one.key);
    bool shown = false;
    KJ_IF_MAYBE (key, known) shown = !key->isOfMany();
    if (!shown) rows.add(Row{one.section, one.key, known, one});
  }
  return rows;
}

}  // namespace

void fillSettings(const RuleStore& rules, proto::view::SettingsPage::Builder page) {
  auto& settings = rules.settings();
  FileReading file(settings.path());
  page.setFile(settings.path());
  page.setRead(rfc3339(wallNs()));
  page.setError(file.error.size() > 0 ? kj::StringPtr(file.error) : settings.problem());
  auto rows = rowsOf(file);
  auto list = page.initSettings(uint(rows.size()));
  for (uint i = 0; i < list.size(); i++) {
    auto& row = rows[i];
    auto view = list[i];
    view.setSection(row.section);
    view.setKey(row.key);
    view.setOrigin("default");
    KJ_IF_MAYBE (key, row.known) {
      fillKind(*key, view);
      view.setValue(key->fallback);
    }
    KJ_IF_MAYBE (written, row.written) {
      view.setValue(written->value);
      view.setOrigin(kj::str(settings.path(), ':', written->line));
    }
    if (row.section != "policy" || row.known == nullptr) continue;
    view.setValue(valueInForce(settings.now(), row.key));
    if (settings.isChanged(row.key))
      view.setOrigin(kj::str("change ", changeOf(rules.changes(), row.key)));
  }
}

}  // namespace portreeve::policy
