// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/settings-view.h"

#include "common/clock.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <kj/debug.h>

#include <filesystem>
#include <sstream>
#include <string>

namespace portreeve::gateway {
namespace {

constexpr const char* SECRETS[] = {"password", "secret", "token", "private_key"};

bool isSecret(const std::string& key) {
  for (auto word : SECRETS)
    if (key.find(word) != std::string::npos) return true;
  return false;
}

kj::String textOf(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](auto& value) { text << value; });
  return kj::str(text.str().c_str());
}

template <typename Add>
void collect(const toml::table& table, const std::string& section, Add&& add) {
  for (auto&& [key, value] : table) {
    std::string name(key.str());
    auto whole = section.empty() ? name : section + "." + name;
    if (auto* inner = value.as_table()) {
      collect(*inner, whole, add);
    } else if (auto* list = value.as_array(); list != nullptr && list->is_array_of_tables()) {
      for (size_t i = 0; i < list->size(); i++)
        collect(*(*list)[i].as_table(), whole + "." + std::to_string(i + 1), add);
    } else {
      add(section, name, isSecret(name) ? kj::str("(not shown)") : textOf(value));
    }
  }
}

}  // namespace

SettingsView SettingsView::read(kj::StringPtr path) {
  SettingsView view;
  view.file = kj::str(path);
  view.readAt = rfc3339(wallNs());
  if (!std::filesystem::exists(path.cStr())) return view;
  try {
    collect(
        toml::parse_file(std::string_view(path.begin(), path.size())), "",
        [&](const std::string& section, const std::string& key, kj::String value) {
          view.settings.add(Setting{kj::str(section.c_str()), kj::str(key.c_str()), kj::mv(value)});
        });
  } catch (const toml::parse_error& e) {
    view.error = kj::str(std::string(e.description()).c_str());
  } catch (const std::filesystem::filesystem_error& e) {
    view.error = kj::str(e.what());
  }
  return view;
}

void SettingsView::fill(proto::view::SettingsPage::Builder page) const {
  page.setFile(file);
  page.setRead(readAt);
  page.setError(error);
  auto list = page.initSettings(unsigned(settings.size()));
  for (unsigned i = 0; i < list.size(); i++) {
    list[i].setSection(settings[i].section);
    list[i].setKey(settings[i].key);
    list[i].setValue(settings[i].value);
  }
}

}  // namespace portreeve::gateway
