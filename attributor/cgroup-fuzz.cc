// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/placement.h"
#include "attributor/unit.h"
#include "tests/fuzz/fuzz-target.h"

#include <stdlib.h>

namespace {

using namespace portreeve::attributor;

constexpr size_t MOST_OF_A_GROUP = 1024, MOST_OF_A_WORD = 256;

void require(bool holds) {
  if (!holds) abort();
}

void checkText(kj::StringPtr text, size_t most) {
  require(text.size() <= most);
  for (unsigned char c : text) require(c >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto cgroup = cgroupOf(kj::arrayPtr(data, size));
  checkText(cgroup, MOST_OF_A_GROUP);
  auto unit = unitOf(cgroup);
  checkText(unit, cgroup.size());
  auto placement = placementOf(cgroup);
  for (auto text : {&placement.session, &placement.slice, &placement.container, &placement.pod,
                    &placement.flatpak, &placement.snap})
    checkText(*text, MOST_OF_A_WORD);
  // A form that is known is of something.
  if (placement.pod.size() > 0)
    require(placement.container.size() > 0 || placement.slice.size() > 0);
  if (placement.containerByUser) require(placement.container.size() > 0);
  if (placement.flatpakByUser) require(placement.flatpak.size() > 0);
  if (placement.snapByUser) require(placement.snap.size() > 0);
  return 0;
}
