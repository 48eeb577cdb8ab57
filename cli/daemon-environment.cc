// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/daemon-environment.h"

#include "cli/daemon-paths.h"

#include <stdlib.h>

namespace portreeve::cli {

kj::Vector<kj::String> toolEnvironment(const Directories& directories) {
  kj::Vector<kj::String> environment;
  environment.add(kj::str("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
  environment.add(kj::str("CONFIGURATION_DIRECTORY=", directories.configuration));
  environment.add(kj::str("STATE_DIRECTORY=", directories.state));
  environment.add(kj::str("RUNTIME_DIRECTORY=", directories.runtime));
  // Where the message bus stands elsewhere, the resolver finds it there, too.
  for (auto name : {"PORTREEVE_LOG", "DBUS_SYSTEM_BUS_ADDRESS"}) {
    const char* value = getenv(name);
    if (value != nullptr) environment.add(kj::str(name, '=', value));
  }
  return environment;
}

kj::Vector<kj::String> daemonEnvironment(const Directories& directories,
                                         const kj::Maybe<DnsPlace>& dnsPlace) {
  auto environment = toolEnvironment(directories);
  environment.add(kj::str("NOTIFY_SOCKET=", directories.socket("notify")));
  environment.add(kj::str(SUPERVISED_VARIABLE, "=1"));
  KJ_IF_MAYBE (place, dnsPlace) {
    environment.add(kj::str(DNS_LISTEN_VARIABLE, '=', kj::strArray(place->listen, " ")));
    environment.add(kj::str(DNS_HELD_VARIABLE, '=', place->held));
  }
  KJ_IF_MAYBE (folder, uiFolder()) environment.add(kj::str("PORTREEVE_UI=", *folder));
  return environment;
}

}  // namespace portreeve::cli
