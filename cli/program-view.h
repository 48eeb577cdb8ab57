// SPDX-License-Identifier: GPL-3.0-or-later
// A process as the ring knows it (proto/flow.capnp), as people and programs see it (view.capnp).
#pragma once

#include "common/accounts.h"
#include "proto/flow.capnp.h"
#include "proto/view.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::cli {

kj::String placeOf(proto::view::Program::Reader program);
// Where it runs, in a word or two: container, Flatpak, Snap, AppImage, else the systemd unit.

struct ProgramLine {
  kj::StringPtr title;
  kj::String text;  // as it is: for a terminal it still has to be made printable
};
kj::Vector<ProgramLine> linesOf(proto::view::Program::Reader program);
// All that is known of it, for people; what rests on its own word alone says so.
kj::String toText(const ProgramLine& line);
// Indented, in columns, printable.

}  // namespace portreeve::cli
