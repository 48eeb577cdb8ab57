// SPDX-License-Identifier: GPL-3.0-or-later
// The account of a node, which is none of the suite's processes: where the suite guards the machine
// it runs on, what leaves the node is judged like any program's.
#pragma once

#include "common/accounts.h"

namespace portreeve::gate17 {

Account nodeAccount();
// "portreeve-node" of /etc/passwd, else the number 61721.

}  // namespace portreeve::gate17
