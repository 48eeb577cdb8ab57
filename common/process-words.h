// SPDX-License-Identifier: GPL-3.0-or-later
// How a process was found and what it is, as people and programs read it: the same words in the
// command's --json, the API and the explanations.
#pragma once

#include "proto/flow.capnp.h"

#include <kj/string.h>

namespace portreeve {

kj::StringPtr toText(proto::Method method);          // "sock_diag", "listener", "proc_net", …
kj::StringPtr toText(proto::Confidence confidence);  // "none", "shared", "certain"
kj::StringPtr toText(proto::ProcessKind kind);       // "program", "foreign-root", "no-socket", …
// "unknown" for enumerants of a newer build.

kj::String deviceText(uint64_t device);  // of an st_dev: "major:minor"; empty for 0

}  // namespace portreeve
