// SPDX-License-Identifier: GPL-3.0-or-later
// For those who read portreeve.toml: one [section] of it.
#pragma once

#include <kj/string.h>
#include <kj/vector.h>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>

namespace portreeve {

[[noreturn]] void failAt(kj::StringPtr file, const toml::source_region& where,
                         kj::StringPtr reason);
// FAILED "file:line:column: reason".

bool isPlainName(kj::StringPtr name);
// Letters, digits, '-' and '_', at most 63.

class Section {
  // Knows all keys that there may be, and refuses others at once. Each reader leaves `out` as it is
  // where its key is missing, and throws FAILED with the place where the value is bad.
public:
  Section(kj::StringPtr file, const toml::table& root, kj::StringPtr name,
          std::initializer_list<kj::StringPtr> keys);
  Section(kj::StringPtr file, const toml::node& node, kj::StringPtr name,
          std::initializer_list<kj::StringPtr> keys);
  // `node` is the table itself, told of as `name`.

  kj::Maybe<const toml::node&> find(kj::StringPtr key) const;
  kj::Maybe<kj::String> string(kj::StringPtr key) const;
  void strings(kj::StringPtr key, kj::Vector<kj::String>& out) const;
  void boolean(kj::StringPtr key, bool& out) const;
  void number(kj::StringPtr key, int64_t least, int64_t most, uint32_t& out) const;

  [[noreturn]] void fail(const toml::node& node, kj::StringPtr key, kj::StringPtr reason) const;
  [[noreturn]] void fail(kj::StringPtr key, kj::StringPtr reason) const;
  // Of a key that is there.
  [[noreturn]] void failHere(kj::StringPtr reason) const;
  // Of the section as a whole, which is there.

private:
  kj::StringPtr file;
  kj::StringPtr name;
  const toml::table* table = nullptr;

  void take(const toml::node& node, std::initializer_list<kj::StringPtr> keys);
  void refuseUnknown(const toml::key& key, std::initializer_list<kj::StringPtr> keys) const;
};

}  // namespace portreeve
