// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/archive-text.h"

#include "cli/failure.h"
#include "cli/rule-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::cli {
namespace {

constexpr int64_t VERSION = 1;
constexpr kj::StringPtr PLACES[] = {"settings"_kj, "administrator"_kj, "own"_kj, "users"_kj,
                                    "changed"_kj};

[[noreturn]] void refuse(kj::StringPtr path, const toml::node& node, kj::StringPtr why) {
  throw Failure(FAILED, path, ':', node.source().begin.line, ": ", why);
}

bool isSafe(std::string_view name, ArchivedFile::Place place) {
  if (place == ArchivedFile::Place::SETTINGS) return name == "portreeve.toml";
  if (place == ArchivedFile::Place::CHANGED) return name == "settings.toml";
  bool ending = name.ends_with(".toml") || name.ends_with(".test");
  return ending && name[0] != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos && name.size() < 250;
}

kj::Maybe<ArchivedFile::Place> placeOf(std::string_view word) {
  for (size_t i = 0; i < kj::size(PLACES); i++)
    if (PLACES[i] == word.data() || std::string_view(PLACES[i].begin(), PLACES[i].size()) == word)
      return ArchivedFile::Place(i);
  return nullptr;
}

ArchivedFile parseFile(kj::StringPtr path, const toml::table& table) {
  auto place = placeOf(table["place"].value_or(std::string_view()));
  auto name = table["name"].value<std::string_view>();
  auto text = table["text"].value<std::string_view>();
  auto written = table["written"].value<int64_t>();
  KJ_IF_MAYBE (where, place) {
    if (!name || !text || !written || *written < 0)
      refuse(path, table, "a file needs name, text and written");
    if (!isSafe(*name, *where)) refuse(path, table, "this is no name of such a file");
    return ArchivedFile{*where, kj::heapString(name->data(), name->size()),
                        kj::heapString(text->data(), text->size()), uint64_t(*written)};
  }
  refuse(path, table, "place is settings, administrator, own, users or changed");
}

}  // namespace

kj::String archiveText(kj::ArrayPtr<const ArchivedFile> files, kj::StringPtr time) {
  auto tables = KJ_MAP(file, files) {
    return kj::str("\n[[file]]\nplace = \"", PLACES[size_t(file.place)],
                   "\"\nname = ", quotedToml(file.name), "\nwritten = ", file.writtenNs,
                   "\ntext = ", quotedToml(file.text), '\n');
  };
  return kj::str(
      "# The whole policy of a machine: `portreeve import archive FILE` puts it in force.\n",
      "archive = ", VERSION, "\nexported = ", quotedToml(time), '\n', kj::strArray(tables, ""));
}

kj::Vector<ArchivedFile> parseArchive(kj::StringPtr path, kj::StringPtr text) {
  try {
    auto root = toml::parse(std::string_view(text.begin(), text.size()));
    if (root["archive"].value_or(int64_t(0)) != VERSION)
      refuse(path, root, "is no archive that this version reads (archive = 1)");
    kj::Vector<ArchivedFile> files;
    if (const toml::array* list = root["file"].as_array())
      for (auto& node : *list) {
        const toml::table* table = node.as_table();
        if (table == nullptr) refuse(path, node, "write each as [[file]]");
        auto file = parseFile(path, *table);
        for (auto& other : files)
          if (other.place == file.place && other.name == file.name)
            refuse(path, *table, "this file is in it twice");
        files.add(kj::mv(file));
      }
    return files;
  } catch (const toml::parse_error& e) {
    throw Failure(FAILED, path, ':', e.source().begin.line, ": ",
                  std::string(e.description()).c_str());
  }
}

}  // namespace portreeve::cli
