// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/confirmation-file.h"

#include "policy/failure.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr HEADING =
    "# Rules were changed and are to be confirmed: at `until` (ns since 1970) policy puts back "
    "the\n"
    "# files of rules.d as they stand here, unless `portreeve confirm` comes.\n"_kj;
kj::String toToml(const FileChange& change) {
  auto file = kj::str("\n[[file]]\nname = ", quoted(change.name), '\n');
  KJ_IF_MAYBE (content, change.content) {
    return kj::str(file, "written = ", content->writtenNs, "\ntext = ", quoted(content->text),
                   '\n');
  }
  return file;
}

class Parser {
public:
  explicit Parser(kj::StringPtr path) : path(path) {}

  PendingChange parse(const toml::table& root) const {
    PendingChange change{number(root, "until"), number(root, "within"), {}};
    const toml::array* files = root["file"].as_array();
    require(files != nullptr);
    for (auto& node : *files) {
      require(node.is_table());
      change.back.add(parseFile(*node.as_table()));
    }
    return change;
  }

private:
  kj::StringPtr path;

  void require(bool good) const {
    if (!good) fail(path, ": is not what policy has written: remove it");
  }

  uint64_t number(const toml::table& table, const char* key) const {
    auto value = table[key].value<int64_t>();
    require(value.has_value() && *value >= 0);
    return uint64_t(*value);
  }

  kj::String text(const toml::table& table, const char* key) const {
    auto value = table[key].value<std::string_view>();
    require(value.has_value());
    return kj::heapString(value->data(), value->size());
  }

  FileChange parseFile(const toml::table& table) const {
    auto name = text(table, "name");
    require(name.findFirst('/') == nullptr && name.endsWith(".toml") && !name.startsWith("."));
    if (!table.contains("text")) return FileChange{kj::mv(name), nullptr};
    return FileChange{kj::mv(name), FileContent{text(table, "text"), number(table, "written")}};
  }
};

}  // namespace

kj::String toToml(const PendingChange& change) {
  auto files = KJ_MAP(one, change.back) {
    return toToml(one);
  };
  return kj::str(HEADING, "until = ", change.dueWallNs, "\nwithin = ", change.withinNs, '\n',
                 kj::strArray(files, ""));
}

PendingChange parsePendingChange(kj::StringPtr path, kj::StringPtr text) {
  try {
    return Parser(path).parse(toml::parse(std::string_view(text.begin(), text.size())));
  } catch (const toml::parse_error&) {
    fail(path, ": is not what policy has written: remove it");
  }
}

}  // namespace portreeve::policy
