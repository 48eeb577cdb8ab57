// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/last-good-file.h"

#include "policy/failure.h"
#include "policy/rules/rule.h"
#include "policy/toml-text.h"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <string_view>

namespace portreeve::policy {
namespace {

using rules::Layer;

constexpr kj::StringPtr HEADING =
    "# The rule files that were in force last. Policy takes these when it starts and one of the\n"
    "# real ones is bad. Changing something here has no use.\n"_kj;

kj::Maybe<Layer> layerOf(std::string_view word) {
  for (auto layer : {Layer::ADMINISTRATOR, Layer::SUITE, Layer::USER})
    if (word == rules::toText(layer).cStr()) return layer;
  return nullptr;
}

[[noreturn]] void refuse(kj::StringPtr path) {
  fail(path, ": is not what policy has written: remove it");
}

rules::RuleSource parseSource(kj::StringPtr path, const toml::table& table) {
  auto file = table["file"].value<std::string_view>();
  auto layer = layerOf(table["layer"].value_or(std::string_view()));
  auto written = table["written"].value<int64_t>();
  auto text = table["text"].value<std::string_view>();
  if (!file || layer == nullptr || !written || !text) refuse(path);
  return rules::RuleSource{kj::heapString(file->data(), file->size()),
                           kj::heapString(text->data(), text->size()),
                           layer.orDefault(Layer::SUITE), uint64_t(*written),
                           uint32_t(table["user"].value_or(int64_t(0)))};
}

RuleSources parseSources(kj::StringPtr path, const toml::table& root) {
  RuleSources sources;
  const toml::array* list = root["source"].as_array();
  if (list == nullptr) return sources;  // built-in rules alone were in force
  for (auto& node : *list) {
    if (!node.is_table()) refuse(path);
    sources.add(parseSource(path, *node.as_table()));
  }
  return sources;
}

}  // namespace

kj::String lastGoodText(kj::ArrayPtr<const rules::RuleSource> sources) {
  auto tables = KJ_MAP(source, sources) {
    return kj::str("\n[[source]]\nfile = ", quoted(source.file), "\nlayer = \"",
                   rules::toText(source.layer), "\"\nuser = ", source.user,
                   "\nwritten = ", source.writtenNs, "\ntext = ", quoted(source.text), '\n');
  };
  return kj::str(HEADING, kj::strArray(tables, ""));
}

RuleSources parseLastGood(kj::StringPtr path, kj::StringPtr text) {
  try {
    return parseSources(path, toml::parse(std::string_view(text.begin(), text.size())));
  } catch (const toml::parse_error&) {
    refuse(path);
  }
}

}  // namespace portreeve::policy
