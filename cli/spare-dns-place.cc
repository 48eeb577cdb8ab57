// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/spare-dns-place.h"

#include "cli/endpoint.h"
#include "cli/port-holder.h"
#include "common/dns-place.h"

#include <kj/debug.h>

namespace portreeve::cli {

kj::String spareDnsPlaceInUse(Transport transport, bool v4) {
  for (auto spare : SPARE_DNS_PLACES) {
    auto endpoint = requireListenEndpoint(spare, "resolver.listen");
    auto& address = KJ_ASSERT_NONNULL(endpoint.address);
    if (address.isV4() != v4) continue;
    if (suiteHoldsPort(transport, address, endpoint.port)) return kj::str(spare);
  }
  return kj::String();
}

}  // namespace portreeve::cli
