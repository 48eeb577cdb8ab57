// SPDX-License-Identifier: GPL-3.0-or-later
// Who says where a server is that the settings name by its host name.
#pragma once

#include "common/address.h"
#include "common/freshness.h"

#include <kj/async.h>
#include <kj/string.h>
#include <kj/vector.h>

#include <cstdint>

namespace portreeve::gate17 {

class ServerNames {
public:
  struct Found {
    kj::Vector<Address> addresses;
    uint32_t ttl = 0;       // seconds
    kj::String reason;      // why there are none
    bool answered = false;  // by somebody who should know, also that there are none
  };

  virtual kj::Promise<Found> find(kj::StringPtr name, Freshness freshness) = 0;
  // Rejects where nobody answers within a few seconds.

protected:
  ~ServerNames() noexcept(false) = default;
};

}  // namespace portreeve::gate17
