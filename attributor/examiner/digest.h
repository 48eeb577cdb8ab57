// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 (FIPS 180-4) of a whole file.
#pragma once

#include "attributor/examiner/job.h"

#include <kj/array.h>

namespace portreeve::examiner {

void prepareDigests();
// libcrypto reads its configuration and providers now; no file is opened later.

Failure digestOf(int file, kj::ArrayPtr<char> hexadecimal, uint64_t timeLimitNs = TIME_LIMIT_NS);
// Of an open regular file from its beginning; writes 64 digits and a zero. CHANGED where it was
// written to meanwhile. May hang where its file system does; else it gives up after the limit.

}  // namespace portreeve::examiner
