// SPDX-License-Identifier: GPL-3.0-or-later
// [policy] as it is in force, as TOML: for a replay, which is judged by the same.
#pragma once

#include "proto/api-view.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

inline kj::String policyTable(proto::view::SettingsPage::Reader page) {
  kj::Vector<kj::String> lines;
  for (auto setting : page.getSettings())
    if (setting.getSection() == "policy")
      lines.add(kj::str(setting.getKey(), " = ", setting.getValue(), '\n'));
  return kj::str("[policy]\n", kj::strArray(lines, ""));
}

}  // namespace portreeve
