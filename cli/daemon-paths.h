// SPDX-License-Identifier: GPL-3.0-or-later
// Where the daemons' programs are: of the same build as this command.
#pragma once

#include "common/accounts.h"

#include <kj/array.h>
#include <kj/string.h>

#include <string>

namespace portreeve::cli {

class DaemonPaths {
public:
  static DaemonPaths find(const std::string& folder);
  // In `folder`; where that is empty in $PORTREEVE_DAEMONS; else in the build tree that this
  // command stands in, else in <prefix>/lib/portreeve. Failure that names what is missing.

  kj::StringPtr of(Role role) const { return paths[size_t(role)]; }

private:
  kj::Array<kj::String> paths;  // by Role
};

kj::String listsProgram();
// portreeve-lists, which is no daemon: beside them, or in the build tree.

kj::String demonstration();
// demo.py with what belongs to it: beside the installed daemons. Failure in a build tree.

kj::Maybe<kj::String> uiFolder();
// The web UI as it was built beside this command: $PORTREEVE_UI, else in the build tree. nullptr:
// it is where it was installed.

kj::String keeperPath();
// Of the keeper alone, looked for in the same places: what `down` needs.

kj::String pathInFolder(kj::StringPtr folder, Role role);    // folder/portreeve-policy
kj::String pathInBuildTree(kj::StringPtr build, Role role);  // build/policy/portreeve-policy

}  // namespace portreeve::cli
