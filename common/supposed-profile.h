// SPDX-License-Identifier: GPL-3.0-or-later
// Under which profile the past is judged.
#pragma once

#include "proto/profile.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

template <typename Params>  // of History.replay or History.explain
void suppose(Params&& replay, kj::StringPtr wanted, proto::ProfilesView::Reader present) {
  // `wanted`: "" for what is in force at present; "none"; or a profile's name, on whose network the
  // machine is then taken to have been.
  kj::Vector<kj::StringPtr> here;
  if (wanted.size() == 0) {
    replay.setProfile(present.getInForce());
    for (auto profile : present.getProfiles())
      if (profile.getHere()) here.add(profile.getName());
  } else if (wanted != "none") {
    replay.setProfile(wanted);
    here.add(wanted);
  }
  auto list = replay.initHere(uint(here.size()));
  for (uint i = 0; i < here.size(); i++) list.set(i, here[i]);
}

}  // namespace portreeve
