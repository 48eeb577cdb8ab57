// SPDX-License-Identifier: GPL-3.0-or-later
// What this machine gives to no program at all: names on the lists that the settings name, and
// (where wished) private addresses in answers from outside. Which program may have which name is
// policy's to say, not decided here.
#pragma once

#include "common/name-list.h"
#include "common/settings.h"
#include "resolver/message.h"
#include "resolver/prepared-answer.h"

#include <kj/common.h>
#include <kj/function.h>
#include <kj/string.h>

#include <string_view>

namespace portreeve::resolver {

class NameFilter {
public:
  NameFilter(const Settings::Resolver& settings, kj::StringPtr listsFolder);
  // Maps the lists; those that are missing are noticed at `refresh`.
  KJ_DISALLOW_COPY(NameFilter);

  kj::Maybe<kj::String> refuses(std::string_view name) const;
  // `name` as text, lower case. Returns the reason: which list, and its entry.

  void letPrivate(kj::Function<bool(const Name&)> which) { mayBePrivate = kj::mv(which); }
  // Names that may have private addresses besides those of the settings.

  kj::Maybe<kj::String> refusesAnswer(std::string_view name, const PreparedAnswer& answer) const;
  // A CNAME target that is listed; a private address under a name that may have none.

  bool hasLists() const { return any; }
  Answer refusal(const Question& question) const;
  // As settings.refuseWith has it: NXDOMAIN, REFUSED, or 0.0.0.0 and ::.

  PreparedAnswer quickRefusal(kj::ArrayPtr<const kj::byte> question, uint16_t type) const;
  // The same, of a question's octets.

  bool refresh();  // looks for changed lists; true when there were any
  const NameListFolder& lists() const { return folder; }
  bool isUsed(kj::StringPtr list) const;

private:
  RefuseWith with;
  bool refusePrivate;
  kj::Vector<kj::String> used;
  kj::Vector<Name> privateNames;
  mutable kj::Function<bool(const Name&)> mayBePrivate = [](const Name&) { return false; };
  NameListFolder folder;
  bool any = false;
};

}  // namespace portreeve::resolver
