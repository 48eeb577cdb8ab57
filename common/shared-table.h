// SPDX-License-Identifier: GPL-3.0-or-later
// proto/policy.capnp, SharedTable.
#pragma once

#include "proto/policy.capnp.h"

namespace portreeve {

proto::SharedTable::Client shareTable(int descriptor);
// Of a WrittenMemory that outlives what is returned and every connection that it is sent by.

}  // namespace portreeve
