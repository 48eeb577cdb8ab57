// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 (FIPS 180-4) of a text, in hexadecimal.
#pragma once

#include <kj/string.h>

namespace portreeve::policy {

kj::String sha256(kj::ArrayPtr<const char> text);
// The first call reads what the library needs: to be made before the sandbox.

}  // namespace portreeve::policy
