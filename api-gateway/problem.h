// SPDX-License-Identifier: GPL-3.0-or-later
// Errors as problem details (RFC 9457): a status, and a sentence that says what to do.
#pragma once

#include "api-gateway/reply.h"

namespace portreeve::gateway {

Reply problem(uint status, kj::StringPtr detail);

Reply problemAndClose(uint status, kj::StringPtr detail);
// For a sender who does not speak to us as our page does: nothing more is read from it.

Reply methodNotAllowed(kj::String allowed);
// `allowed` as in the Allow header: "GET, HEAD".

}  // namespace portreeve::gateway
