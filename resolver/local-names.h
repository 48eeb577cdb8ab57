// SPDX-License-Identifier: GPL-3.0-or-later
// Names that are answered here and asked of nobody.
#pragma once

#include "resolver/message.h"

#include <kj/common.h>

namespace portreeve::resolver {

kj::Maybe<Answer> answerLocally(const Question& question);
// "localhost" and all below it are the loopback addresses and nothing else (RFC 6761, 6.3).

}  // namespace portreeve::resolver
