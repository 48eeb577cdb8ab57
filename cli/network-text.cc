// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/network-text.h"

#include "cli/printable.h"

#include <kj/vector.h>

namespace portreeve::cli {

kj::String networkText(proto::view::Network::Reader network) {
  kj::Vector<kj::String> known;
  if (network.getCountry().size() > 0) known.add(kj::str(network.getCountry()));
  if (network.hasAutonomousSystem()) {
    auto system = network.getAutonomousSystem();
    auto space = system.getOrganization().size() > 0 ? " "_kj : ""_kj;
    known.add(kj::str("AS", system.getNumber(), space, system.getOrganization()));
  }
  return printable(kj::strArray(known, ", "));
}

kj::String scopeText(proto::view::Network::Reader network) {
  auto scope = network.getScope();
  if (scope == "localhost") return kj::str("this machine");
  if (scope == "lan") return kj::str("the local network");
  if (scope == "internet") return kj::str("the internet");
  if (scope == "multicast") return kj::str("many at once (multicast)");
  return kj::str(scope);
}

}  // namespace portreeve::cli
