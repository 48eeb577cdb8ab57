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
  kj::String setCookie;  // empty: none
  kj::StringPtr allow;   // the methods, with 405
  kj::String etag;       // quoted (RFC 9110, 8.8.3); empty: none
  bool close = false;    // end the connection after it
};

Reply json(kj::String body);  // 200

kj::StringPtr reasonPhrase(uint status);
// RFC 9110, 15: for the statuses this server uses; "Error" for any other.

}  // namespace portreeve::gateway
