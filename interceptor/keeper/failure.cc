// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/keeper/failure.h"

#include <stdlib.h>

namespace portreeve::keeper {

void fail(kj::String sentence) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::mv(sentence)));
  abort();  // it does not return, but says so to nobody
}

}  // namespace portreeve::keeper
