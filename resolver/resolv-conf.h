// SPDX-License-Identifier: GPL-3.0-or-later
// resolv.conf(5), read. A pure function over somebody else's file.
#pragma once

#include "resolver/network-servers.h"

namespace portreeve::resolver {

LinkServers readResolvConf(kj::StringPtr origin, kj::ArrayPtr<const char> content);
// Its name servers, in their order, each once. Lines that are no such thing are passed over, as by
// every reader of the file; `search` says what stubs append to names, and makes no zone.

}  // namespace portreeve::resolver
