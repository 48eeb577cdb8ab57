// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <kj/exception.h>
#include <kj/string.h>

namespace portreeve::keeper {

[[noreturn]] void fail(kj::String sentence);
// An exception (FAILED) whose description is this sentence for a person, and nothing else.

}  // namespace portreeve::keeper
