// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve replay`, and `rule add --try`: the past through another set of rules.
#pragma once

#include "cli/session.h"
#include "proto/history.capnp.h"

#include <kj/string.h>

#include <string>

namespace portreeve::cli {

struct ReplayOptions {
  std::string rules;  // folder or file that takes the place of the administrator's; empty: none
  std::string since = "7d";
  std::string until;
  std::string profile;  // "none", a name; empty: the one in force
  bool json = false;
};

int replay(const ReplayOptions& options);

int tryRule(Session& session, kj::StringPtr toml, bool own, bool json);
// What the rules in force with this one added to the suite's own (or to the caller's) would have
// changed in the last seven days.

}  // namespace portreeve::cli
