// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at the machine (the network namespace) for cli/diagnosis.h. Changes nothing.
#pragma once

#include "cli/diagnosis.h"
#include "common/directories.h"

namespace portreeve::cli {

MachineFacts collectFacts(const Directories& directories);
// Without root less is seen: who holds a port, the kernel's rules. What cannot be seen is left at
// what does no harm.

}  // namespace portreeve::cli
