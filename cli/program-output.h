// SPDX-License-Identifier: GPL-3.0-or-later
// What a program of the system prints.
#pragma once

#include <kj/common.h>
#include <kj/string.h>

#include <initializer_list>

namespace portreeve::cli {

kj::Maybe<kj::String> outputOf(kj::StringPtr program,
                               std::initializer_list<kj::StringPtr> arguments = {});
// Its standard output; nullptr where it is not installed, fails or takes longer than 5 s. Blocks.

}  // namespace portreeve::cli
