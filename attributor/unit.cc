// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/unit.h"

#include "attributor/printable.h"

#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t MAX_CGROUP_BYTES = 1024;
constexpr std::string_view DELETED = " (deleted)";

std::string_view next(std::string_view& rest, char separator) {
  size_t end = rest.find(separator);
  auto word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return word;
}

bool isUnit(std::string_view name) {
  // The kinds of systemd.unit(5) that have processes.
  for (std::string_view kind : {".service", ".scope", ".socket", ".mount", ".swap"})
    if (name.size() > kind.size() && name.ends_with(kind)) return true;
  return false;
}

bool isUserManager(std::string_view name) {
  return name.starts_with("user@") && name.ends_with(".service");
}

std::string_view viewOf(kj::ArrayPtr<const kj::byte> bytes) {
  return {bytes.asChars().begin(), bytes.size()};
}

struct Hierarchies {
  // Paths in the text of /proc/PID/cgroup.
  std::string_view unified, systemd;
  kj::Vector<std::string_view> controllers;

  explicit Hierarchies(std::string_view text) {
    while (!text.empty()) {
      auto line = next(text, '\n');
      next(line, ':');  // the hierarchy's number
      auto names = next(line, ':');
      if (names.empty())
        unified = line;
      else if (names == "name=systemd")
        systemd = line;
      else
        controllers.add(line);
    }
  }
};

void addGroup(kj::Vector<kj::String>& groups, std::string_view path) {
  if (path.ends_with(DELETED)) path.remove_suffix(DELETED.size());
  if (path.size() <= 1) return;
  auto group = markedPrintable(kj::arrayPtr(path.data(), path.size()).asBytes(), MAX_CGROUP_BYTES);
  for (auto& known : groups)
    if (known == group) return;
  groups.add(kj::mv(group));
}

}  // namespace

kj::Vector<kj::String> groupsOf(kj::ArrayPtr<const kj::byte> procCgroup) {
  Hierarchies all(viewOf(procCgroup));
  kj::Vector<kj::String> groups;
  // Where both are mounted, systemd may keep its tree in its own hierarchy alone.
  addGroup(groups, all.unified);
  addGroup(groups, all.systemd);
  for (auto path : all.controllers) addGroup(groups, path);
  return groups;
}

kj::String cgroupOf(kj::ArrayPtr<const kj::String> groups,
                    kj::ArrayPtr<const kj::byte> procCgroup) {
  if (groups.size() > 0) return kj::str(groups[0]);
  return kj::str(viewOf(procCgroup).find(":/") == std::string_view::npos ? "" : "/");
}

kj::String unitOf(kj::StringPtr cgroup) {
  std::string_view rest(cgroup.begin(), cgroup.size());
  std::string_view unit;
  while (!rest.empty()) {
    auto name = next(rest, '/');
    if (name.starts_with("_")) name.remove_prefix(1);  // systemd's escape for names of controllers
    if (!isUnit(name)) continue;
    // The outermost one is systemd's; what a service makes below it for itself is its own affair.
    bool inUserManager = isUserManager(unit);
    if (unit.empty() || inUserManager) unit = name;
    if (!isUserManager(unit)) break;
  }
  return kj::heapString(unit.data(), unit.size());
}

}  // namespace portreeve::attributor
