// SPDX-License-Identifier: GPL-3.0-or-later
// Rules of other programs in the language of this one. What does not convert is told with its place
// and the reason, never left out silently.
#pragma once

#include "cli/rule-text.h"
#include "common/accounts.h"

#include <kj/array.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

class ForeignRule {
  // One [[rule]] in the making: keys with their values as TOML.
public:
  ForeignRule(kj::StringPtr name, kj::StringPtr action);

  void line(kj::StringPtr key, kj::StringPtr written);
  void text(kj::StringPtr key, kj::StringPtr value);
  void texts(kj::StringPtr key, kj::ArrayPtr<const kj::String> values);
  void process(kj::StringPtr key, kj::StringPtr value);  // within process = { … }; once a key
  void comment(kj::StringPtr words);
  kj::String toToml() const;
  kj::StringPtr name() const { return called; }

private:
  kj::String called;
  kj::Vector<kj::String> comments;
  kj::Vector<kj::String> lines;
  kj::Vector<kj::String> processKeys;
};

class Conversion {
public:
  explicit Conversion(const UserNames& users) : users(users) {}
  KJ_DISALLOW_COPY(Conversion);

  void add(kj::StringPtr origin, ForeignRule rule);
  // Checked by the rule language; what it refuses is left out, with its words. A name that is there
  // already gets a number.
  void leaveOut(kj::StringPtr origin, kj::StringPtr why);
  void remark(kj::StringPtr words);  // what is converted and yet not the same

  kj::String toml() const;
  size_t converted() const { return rules.size(); }
  kj::ArrayPtr<const kj::String> left() const { return leftOut; }
  kj::ArrayPtr<const kj::String> remarks() const { return said; }

private:
  const UserNames& users;
  kj::Vector<kj::String> rules;
  kj::Vector<kj::String> names;
  kj::Vector<kj::String> leftOut;
  kj::Vector<kj::String> said;

  kj::String unique(kj::StringPtr name);
};

kj::String literalGlob(
    kj::StringPtr text);  // what a pattern would take for more than itself, escaped

// Each throws Failure where the file cannot be read or is nothing of that kind.
void importOpenSnitch(kj::StringPtr folder, Conversion& into);  // rules/*.json
void importPortmaster(kj::StringPtr file,
                      Conversion& into);  // an exported profile or settings, JSON
void importLittleSnitch(kj::StringPtr file, Conversion& into);  // .lsrules
void importHosts(kj::StringPtr file, Conversion& into);         // hosts(5) used to block
void importUfw(kj::StringPtr folder, Conversion& into);         // /etc/ufw: user.rules, user6.rules

}  // namespace portreeve::cli
