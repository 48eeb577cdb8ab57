// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/rules/network-view.h"

namespace portreeve::rules {

void fillNetwork(const Address& address, const Geography& geography,
                 proto::view::Network::Builder view) {
  view.setScope(toText(address.scope()));
  KJ_IF_MAYBE (country, geography.countryOf(address)) view.setCountry(country->toString());
  KJ_IF_MAYBE (number, geography.asnOf(address)) {
    auto system = view.initAutonomousSystem();
    system.setNumber(*number);
    KJ_IF_MAYBE (organization, geography.organizationOf(address))
      system.setOrganization(*organization);
  }
}

}  // namespace portreeve::rules
