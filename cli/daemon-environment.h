// SPDX-License-Identifier: GPL-3.0-or-later
// The environment that daemons are started with: nothing of the caller's but where things are.
#pragma once

#include "common/directories.h"
#include "common/dns-place.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

constexpr kj::StringPtr SUPERVISED_VARIABLE = "PORTREEVE_SUPERVISED"_kj;

kj::Vector<kj::String> daemonEnvironment(const Directories& directories,
                                         const kj::Maybe<DnsPlace>& dnsPlace);
// Also $NOTIFY_SOCKET, $PORTREEVE_SUPERVISED, the caller's $PORTREEVE_LOG, and where the resolver
// listens if that is not resolver.listen.

kj::Vector<kj::String> toolEnvironment(const Directories& directories);
// The same for a program that runs to its end and has nobody to notify.

}  // namespace portreeve::cli
