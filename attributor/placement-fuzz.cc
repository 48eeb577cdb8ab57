// SPDX-License-Identifier: GPL-3.0-or-later
// The text of /proc/PID/cgroup (cgroups(7)): whoever may make groups chose the names in it.
#include "attributor/placement.h"
#include "attributor/unit.h"
#include "tests/fuzz/fuzz-target.h"

#include <string_view>

namespace {

using namespace portreeve::attributor;

constexpr size_t LONGEST_GROUP = 1024, LONGEST_NAME = 256;

void checkText(kj::StringPtr text, size_t longest) {
  require(text.size() <= longest);
  for (unsigned char c : text) require(c >= 0x20 && c != 0x7f);
}

bool isInGroups(kj::StringPtr name, kj::ArrayPtr<const kj::String> groups) {
  std::string_view wanted(name.begin(), name.size());
  if (wanted.empty()) return true;
  for (auto& group : groups)
    if (std::string_view(group.begin(), group.size()).find(wanted) != std::string_view::npos)
      return wanted.find('/') == std::string_view::npos;
  return false;
}

void check(const Placement& placement, kj::ArrayPtr<const kj::String> groups) {
  for (kj::StringPtr text : {placement.session.asPtr(), placement.slice.asPtr(),
                             placement.container.asPtr(), placement.runtime, placement.pod.asPtr(),
                             placement.flatpak.asPtr(), placement.snap.asPtr()})
    checkText(text, LONGEST_NAME);
  for (kj::StringPtr text :
       {placement.session.asPtr(), placement.slice.asPtr(), placement.snap.asPtr()})
    require(isInGroups(text, groups));
  // Only below somebody's own manager is anything his word.
  bool anyByUser = placement.sliceByUser || placement.containerByUser || placement.flatpakByUser ||
                   placement.snapByUser;
  require(!anyByUser || isInGroups("user@", groups));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = kj::arrayPtr(data, size);
  auto groups = groupsOf(text);
  for (auto& group : groups) checkText(group, LONGEST_GROUP);
  auto cgroup = cgroupOf(groups, text);
  require(groups.empty() ? cgroup.size() <= 1 : cgroup == groups[0]);
  auto unit = unitOf(cgroup);
  checkText(unit, LONGEST_GROUP);
  require(isInGroups(unit, groups));
  check(placementOf(groups), groups);
  return 0;
}
