// SPDX-License-Identifier: GPL-3.0-or-later
// A refusal in words for whoever asked, without the file and expression that KJ's macros add.
#pragma once

#include <kj/exception.h>
#include <kj/string.h>

namespace portreeve::history {

template <typename... Words>
[[noreturn]] void fail(Words&&... words) {
  // Throws FAILED.
  kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                                        kj::str(kj::fwd<Words>(words)...)));
}

}  // namespace portreeve::history
