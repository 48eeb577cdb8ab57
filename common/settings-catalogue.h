// SPDX-License-Identifier: GPL-3.0-or-later
// Every key that portreeve.toml may have: its default, what it takes, and when a change takes
// force. For those who show settings; common/settings.cc reads them.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <cstdint>

namespace portreeve {

enum class SettingKind : uint8_t { CHOICE, NUMBER, BOOLEAN, TEXT, TEXTS, TABLES };
kj::StringPtr toText(SettingKind kind);  // "choice", "number", …

struct SettingKey {
  kj::StringPtr section;  // "policy"; "list." stands for every [list.NAME], "gate.way." for every
                          // [[gate.way]]
  kj::StringPtr key;
  SettingKind kind;
  kj::StringPtr fallback;        // as TOML; empty: there is none
  kj::StringPtr takesForce;      // when a change does, in words
  kj::StringPtr choices = "";    // of a CHOICE, with a blank between them
  uint32_t least = 0, most = 0;  // of a NUMBER

  bool changeable() const { return section == "policy"; }
  // By command: that nobody turns the machine's upstreams or its firewall's queues from a page.
  bool isOfMany() const { return section.endsWith("."); }
};

kj::ArrayPtr<const SettingKey> settingKeys();  // in the order of the example settings

kj::Maybe<const SettingKey&> findSetting(kj::StringPtr section, kj::StringPtr key);
// "list.ads", "format" finds the one of "list.".

}  // namespace portreeve
