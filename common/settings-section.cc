// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/settings-section.h"

#include <kj/debug.h>

namespace portreeve {
namespace {

kj::StringPtr text(const std::string& value) {
  return {value.c_str(), value.size()};
}

}  // namespace

void failAt(kj::StringPtr file, const toml::source_region& where, kj::StringPtr reason) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                    kj::str(file, ':', where.begin.line, ':', where.begin.column, ": ", reason)));
}

Section::Section(kj::StringPtr file, const toml::table& root, kj::StringPtr name,
                 std::initializer_list<kj::StringPtr> keys)
    : file(file), name(name) {
  const toml::node* node = root.get(std::string_view(name.begin(), name.size()));
  if (node != nullptr) take(*node, keys);
}

Section::Section(kj::StringPtr file, const toml::node& node, kj::StringPtr name,
                 std::initializer_list<kj::StringPtr> keys)
    : file(file), name(name) {
  take(node, keys);
}

void Section::take(const toml::node& node, std::initializer_list<kj::StringPtr> keys) {
  table = node.as_table();
  if (table == nullptr)
    failAt(file, node.source(), kj::str("\"", name, "\" must be a table: [", name, "]"));
  for (auto&& [key, value] : *table) refuseUnknown(key, keys);
}

kj::Maybe<const toml::node&> Section::find(kj::StringPtr key) const {
  if (table == nullptr) return nullptr;
  const toml::node* node = table->get(std::string_view(key.begin(), key.size()));
  if (node == nullptr) return nullptr;
  return *node;
}

kj::Maybe<kj::String> Section::string(kj::StringPtr key) const {
  KJ_IF_MAYBE (node, find(key)) {
    if (!node->is_string()) fail(*node, key, "must be a text in quotes");
    return kj::str(text(node->as_string()->get()));
  }
  return nullptr;
}

void Section::strings(kj::StringPtr key, kj::Vector<kj::String>& out) const {
  KJ_IF_MAYBE (node, find(key)) {
    const toml::array* list = node->as_array();
    if (list == nullptr) fail(*node, key, "must be a list of texts: [\"…\", \"…\"]");
    out.clear();
    for (const toml::node& entry : *list) {
      if (!entry.is_string()) fail(entry, key, "must be a list of texts: [\"…\", \"…\"]");
      out.add(kj::str(text(entry.as_string()->get())));
    }
  }
}

void Section::boolean(kj::StringPtr key, bool& out) const {
  KJ_IF_MAYBE (node, find(key)) {
    if (!node->is_boolean()) fail(*node, key, "must be true or false");
    out = node->as_boolean()->get();
  }
}

void Section::number(kj::StringPtr key, int64_t least, int64_t most, uint32_t& out) const {
  KJ_IF_MAYBE (node, find(key)) {
    if (!node->is_integer()) fail(*node, key, "must be a whole number");
    int64_t value = node->as_integer()->get();
    if (value < least || value > most)
      fail(*node, key, kj::str("must be from ", least, " to ", most));
    out = uint32_t(value);
  }
}

void Section::fail(const toml::node& node, kj::StringPtr key, kj::StringPtr reason) const {
  failAt(file, node.source(), kj::str(name, '.', key, ' ', reason));
}

void Section::fail(kj::StringPtr key, kj::StringPtr reason) const {
  fail(KJ_ASSERT_NONNULL(find(key)), key, reason);
}

void Section::refuseUnknown(const toml::key& key, std::initializer_list<kj::StringPtr> keys) const {
  kj::String word = kj::heapString(key.str().data(), key.str().size());
  for (auto known : keys)
    if (word == known) return;
  kj::Vector<kj::StringPtr> all;
  for (auto known : keys) all.add(known);
  failAt(
      file, key.source(),
      kj::str("unknown key \"", word, "\" in [", name, "]; there are: ", kj::strArray(all, ", ")));
}

void Section::failHere(kj::StringPtr reason) const {
  failAt(file, table->source(), kj::str(name, ' ', reason));
}

bool isPlainName(kj::StringPtr name) {
  if (name.size() == 0 || name.size() > 63) return false;
  for (char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' &&
        c != '_')
      return false;
  return true;
}

}  // namespace portreeve
