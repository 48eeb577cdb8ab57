// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve rule`: see the rules in force and change those that the suite keeps.
#pragma once

#include "cli/rule-text.h"

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct RuleListOptions {
  bool own = false;  // the caller's own alone; so for whoever may not observe
  bool toml = false;
  bool json = false;  // one object a line
};
int ruleList(const RuleListOptions& options);

struct RuleAddOptions {
  bool allow = false, block = false, drop = false, gate17 = false, ask = false;
  bool in = false, out = false;
  RuleWords words;             // its action and direction are told by the above
  std::optional<int32_t> pid;  // until this process exits
  std::string file;            // TOML instead; "-": standard input
  std::optional<uint32_t> confirmSeconds;
  bool json = false;
  bool tryOnly = false;  // say what it would have changed, change nothing
  bool own = false;      // of the caller's own; so for whoever may not change others
};
int ruleAdd(RuleAddOptions options);

struct RuleRemoveOptions {
  std::string name;
  bool own = false;
  std::optional<uint32_t> confirmSeconds;
};
int ruleRemove(const RuleRemoveOptions& options);

struct RuleReloadOptions {
  bool json = false;
};
int ruleReload(const RuleReloadOptions& options);
// FAILED where the files are not good: the rules from before stay in force then.

}  // namespace portreeve::cli
