// SPDX-License-Identifier: GPL-3.0-or-later
// Where a node lets its clients go. What the rules of its own machine say of it comes on top: it is
// a program like any other there.
#pragma once

#include "common/settings.h"
#include "common/socket-address.h"

#include <kj/vector.h>

namespace portreeve::gate17 {

class ExitRules {
public:
  explicit ExitRules(const Settings::Node& settings) : scopes(settings.exit.asPtr()) {}
  // `settings` outlives it.

  bool allow(const SocketAddress& to) const;
  // By the address that is really gone to: names are looked up before. Multicast never.

private:
  kj::ArrayPtr<const Scope> scopes;
};

}  // namespace portreeve::gate17
