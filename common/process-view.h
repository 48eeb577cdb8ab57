// SPDX-License-Identifier: GPL-3.0-or-later
// A process as the ring knows it (proto/flow.capnp), as people and programs see it (view.capnp).
#pragma once

#include "common/accounts.h"
#include "proto/flow.capnp.h"
#include "proto/view.capnp.h"

namespace portreeve {

void fillProgram(proto::view::Program::Builder program, proto::Process::Reader process,
                 const UserNames& users);

}  // namespace portreeve
