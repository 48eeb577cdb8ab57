// SPDX-License-Identifier: GPL-3.0-or-later
// Texts as TOML basic strings, for the files that policy writes for itself.
#pragma once

#include <kj/string.h>

namespace portreeve::policy {

kj::String quoted(kj::StringPtr text);
// On one line, whatever it holds (valid UTF-8 that is).

}  // namespace portreeve::policy
