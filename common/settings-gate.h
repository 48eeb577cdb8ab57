// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of portreeve.toml that are about Gate17: [[gate.way]], [node] and [[node.client]].
#pragma once

#include "common/settings-section.h"
#include "common/settings.h"

namespace portreeve {

void readGate(kj::StringPtr file, const toml::table& root, Settings::Gate& gate);
void readNode(kj::StringPtr file, const toml::table& root, Settings::Node& node);
// Throw FAILED "file:line:column: reason".

}  // namespace portreeve
