// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/daemon-paths.h"

#include "cli/failure.h"

#include <kj/vector.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

namespace portreeve::cli {
namespace {

constexpr kj::StringPtr INSTALLED = PORTREEVE_DAEMON_FOLDER ""_kj;

bool canRun(kj::StringPtr path) {
  return access(path.cStr(), X_OK) == 0;
}

kj::String folderOf(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return kj::str(path.slice(0, *slash));
  return kj::str(".");
}

kj::Maybe<kj::String> buildTree() {
  // build/cli/portreeve stands in a build tree if the keeper is where a build puts it.
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length < 0) return nullptr;
  auto build = folderOf(folderOf(kj::heapString(self, size_t(length))));
  if (canRun(pathInBuildTree(build, Role::KEEPER))) return kj::mv(build);
  return nullptr;
}

kj::String pathOf(Role role, kj::StringPtr asked) {
  if (asked.size() > 0) return pathInFolder(asked, role);
  const char* variable = getenv("PORTREEVE_DAEMONS");
  if (variable != nullptr && *variable != 0) return pathInFolder(variable, role);
  KJ_IF_MAYBE (build, buildTree()) return pathInBuildTree(*build, role);
  return pathInFolder(INSTALLED, role);
}

kj::StringPtr buildFolder(Role role) {
  switch (role) {
    case Role::INTERCEPTOR:
      return "interceptor"_kj;
    case Role::KEEPER:
      return "interceptor/keeper"_kj;
    case Role::ATTRIBUTOR:
      return "attributor"_kj;
    case Role::READER:
      return "attributor/reader"_kj;
    case Role::RESOLVER:
      return "resolver"_kj;
    case Role::POLICY:
      return "policy"_kj;
    case Role::GATEWAY:
      return "api-gateway"_kj;
    case Role::HISTORIAN:
      return "history"_kj;
    case Role::GATE:
      return "gate17"_kj;
  }
  return ""_kj;
}

}  // namespace

kj::String pathInFolder(kj::StringPtr folder, Role role) {
  return kj::str(folder, "/portreeve-", name(role));
}

kj::String pathInBuildTree(kj::StringPtr build, Role role) {
  return kj::str(build, '/', buildFolder(role), "/portreeve-", name(role));
}

DaemonPaths DaemonPaths::find(const std::string& folder) {
  DaemonPaths result;
  result.paths = KJ_MAP(role, ROLES) {
    return pathOf(role, folder.c_str());
  };
  kj::Vector<kj::StringPtr> missing;
  for (auto& path : result.paths)
    if (!canRun(path)) missing.add(path);
  if (!missing.empty())
    throw Failure(FAILED, "starting the daemons: not there: ", kj::strArray(missing, ", "),
                  ": install them, or say where they are with --daemons");
  return result;
}

kj::String listsProgram() {
  const char* variable = getenv("PORTREEVE_DAEMONS");
  if (variable != nullptr && *variable != 0) return kj::str(variable, "/portreeve-lists");
  KJ_IF_MAYBE (build, buildTree()) return kj::str(*build, "/lists/portreeve-lists");
  return kj::str(INSTALLED, "/portreeve-lists");
}

kj::String demonstration() {
  const char* variable = getenv("PORTREEVE_DAEMONS");
  bool said = variable != nullptr && *variable != 0;
  auto path = kj::str(said ? kj::StringPtr(variable) : INSTALLED, "/demo/demo.py");
  if (!said && buildTree() != nullptr)
    throw Failure(FAILED, "starting the demonstration: this is a build tree: ./run shows the same");
  if (access(path.cStr(), R_OK) != 0)
    throw Failure(FAILED, "starting the demonstration: not there: ", path,
                  ": install the suite, or say where the daemons are with $PORTREEVE_DAEMONS");
  return path;
}

kj::Maybe<kj::String> uiFolder() {
  const char* variable = getenv("PORTREEVE_UI");
  if (variable != nullptr && *variable != 0) return kj::str(variable);
  KJ_IF_MAYBE (build, buildTree()) return kj::str(*build, "/ui/dist");
  return nullptr;
}

kj::String keeperPath() {
  auto path = pathOf(Role::KEEPER, "");
  if (!canRun(path))
    throw Failure(FAILED, "removing the rules: not there: ", path,
                  ": install it, or say where the daemons are with $PORTREEVE_DAEMONS");
  return path;
}

}  // namespace portreeve::cli
