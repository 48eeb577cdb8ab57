// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve-<daemon> --prove-sandbox`: enters the very sandbox the daemon serves in, tries what
// must be forbidden there, and prints one line each. Exit 0 only if all of it was refused. For
// administrators who want to see it, and for the tests.
#pragma once

#include <kj/function.h>
#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve {

struct ForbiddenAct {
  kj::StringPtr name;           // "open /etc/shadow"
  kj::Function<int()> attempt;  // 0 when it succeeded, else errno
};

// The acts; each undoes what it may have done.
ForbiddenAct openForReading(kj::StringPtr path);
ForbiddenAct openForWriting(kj::StringPtr path);
ForbiddenAct makeInetSocket();
ForbiddenAct makeRawSocket();
ForbiddenAct makeNetlinkSocket();
ForbiddenAct execute(kj::StringPtr program);
ForbiddenAct ptraceParent();
ForbiddenAct becomeRoot();
ForbiddenAct killParent();  // signal 0
ForbiddenAct mountSomething();

int proveSandbox(kj::Vector<ForbiddenAct> acts);
// Prints "refused  open /etc/shadow: Permission denied" or "POSSIBLE …"; returns the exit code.

}  // namespace portreeve
