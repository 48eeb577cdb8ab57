// SPDX-License-Identifier: GPL-3.0-or-later
// The examiner: a process beside the attributor, forked from it before its sandbox, that reads
// whole program files, so that neither their size nor a file system that hangs is anything to a
// verdict. It has the attributor's uid, no capability, Landlock (dpkg's lists alone) and seccomp;
// files come to it open.
#pragma once

#include "attributor/examiner/job.h"

#include <kj/io.h>
#include <kj/string.h>

namespace portreeve::examiner {

kj::AutoCloseFd start();
// Forks it and returns the attributor's end of the pair, non-blocking and close-on-exec. Before any
// thread and any event loop, after privileges are dropped. It ends when that end is closed. Several
// jobs are done at a time, in any order; one that hangs keeps one of a few threads.

Result examine(const Job& job, int file, kj::StringPtr lists);
// One job. For the tests; the examiner's threads do no more.

kj::String enterSandbox();  // throws FAILED where the kernel refuses
int proveSandbox();         // common/sandbox-proof.h

}  // namespace portreeve::examiner
