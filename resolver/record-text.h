// SPDX-License-Identifier: GPL-3.0-or-later
// A record as text, as in a master file.
#pragma once

#include "resolver/message.h"

#include <kj/string.h>

namespace portreeve::resolver {

kj::String recordText(const Record& record);
// "www.example. 300 AAAA 2001:db8::1". Data of types that are not text-like here is written as
// RFC 3597, 5 has it: \# 4 c0000201.

}  // namespace portreeve::resolver
