// SPDX-License-Identifier: GPL-3.0-or-later
// An answer as a value: made by whoever knows it, sent by the connection.
#pragma once

#include <kj/string.h>
#include <sys/types.h>

namespace portreeve::gateway {

struct Reply {
  uint status = 200;
  kj::StringPtr contentType = "application/json"_kj;
  kj::String body;
  kj::ArrayPtr<const char> kept;  // sent instead of `body` where given: it outlives every reply
  kj::String setCookie;           // empty: none
  kj::String allow;               // the methods, with 405
  uint retryAfter = 0;            // s, with 429; 0: not said
  kj::String etag;                // quoted (RFC 9110, 8.8.3); empty: none
  bool lasting = false;           // a browser may keep it for good (RFC 8246)
  bool close = false;             // end the connection after it
};

Reply json(kj::String body);  // 200

kj::StringPtr reasonPhrase(uint status);
// RFC 9110, 15: for the statuses this server uses; "Error" for any other.

}  // namespace portreeve::gateway
