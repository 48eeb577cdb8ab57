// SPDX-License-Identifier: GPL-3.0-or-later
// What the cgroup paths of a process say of where it was put: session, slice, container, Flatpak or
// Snap application. Pure functions over the texts of unit.h's groupsOf.
//
// Whoever may make groups there chose the names. Above user@N.service that is root (systemd,
// logind, a system-wide container engine); below it the user may have made up any of them.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

namespace portreeve::attributor {

struct Placement {
  kj::String session;  // of logind: "3", "c1"
  kj::String slice;    // the innermost
  kj::String container;
  kj::StringPtr runtime;  // of the container; empty where its form does not tell
  kj::String pod;         // uid of the Kubernetes pod
  kj::String flatpak;     // application id
  kj::String snap;        // name, without its instance key

  // Which of the above stand below a user's own manager.
  bool sliceByUser = false;
  bool containerByUser = false;
  bool flatpakByUser = false;
  bool snapByUser = false;
};

Placement placementOf(kj::ArrayPtr<const kj::String> groups);
// By the first of `groups`. Where that names no container, it and its pod are taken of the first
// other that does: engines that make their own groups leave those of systemd alone. Each text at
// most 256 bytes; one that is longer is left out. placement-test.cc has the forms that are known.

}  // namespace portreeve::attributor
