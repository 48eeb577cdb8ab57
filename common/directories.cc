// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/directories.h"

#include <stdlib.h>

namespace portreeve {
namespace {

kj::String fromVariable(const char* variable, kj::StringPtr fallback) {
  const char* value = getenv(variable);
  return kj::str(value != nullptr && *value != 0 ? kj::StringPtr(value) : fallback);
}

}  // namespace

Directories Directories::fromEnvironment() {
  return {fromVariable("CONFIGURATION_DIRECTORY", "/etc/portreeve"),
          fromVariable("STATE_DIRECTORY", "/var/lib/portreeve"),
          fromVariable("RUNTIME_DIRECTORY", standardRuntime())};
}

kj::StringPtr Directories::standardRuntime() {
  return "/run/portreeve"_kj;
}

kj::String Directories::settingsFile() const {
  return kj::str(configuration, "/portreeve.toml");
}

kj::String Directories::changedSettingsFile() const {
  return kj::str(state, "/policy/settings.toml");
}

kj::String Directories::socket(kj::StringPtr process) const {
  return kj::str(runtime, '/', process, ".sock");
}

}  // namespace portreeve
