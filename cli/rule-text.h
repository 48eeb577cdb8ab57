// SPDX-License-Identifier: GPL-3.0-or-later
// A rule made of the options of `portreeve rule add`, in the language that people write in files.
#pragma once

#include <kj/string.h>

#include <string>
#include <vector>

namespace portreeve::cli {

struct RuleWords {
  std::string action;  // allow, block, drop, gate17, ask
  std::string name;    // empty: made of the rest
  std::vector<std::string> programs;
  std::vector<std::string> units;
  std::string instance;  // "PID@START": this process alone, and until it exits
  std::vector<std::string> users;
  std::string direction;  // "in", "out" or empty: both
  std::vector<std::string> protocols;
  std::vector<std::string> domains;
  std::vector<std::string> addresses;
  std::vector<std::string> scopes;
  std::vector<std::string> ports;
  std::string lasting;  // `for`: "5m"
  std::string expires;  // RFC 3339
};

kj::String quotedToml(kj::StringPtr text);  // as a basic string of TOML 1.0, on one line

kj::String ruleText(const RuleWords& words);
// One [[rule]] table in TOML; a key that was not given is left out. Values are written as they are:
// whether they are good is for the rule language to say.

kj::String ruleName(const RuleWords& words);
// "allow curl to example.org port 443"

}  // namespace portreeve::cli
