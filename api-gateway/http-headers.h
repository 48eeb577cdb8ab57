// SPDX-License-Identifier: GPL-3.0-or-later
// The header fields this server looks at or sends beyond those KJ knows, and the table they are in.
#pragma once

#include <kj/compat/http.h>
#include <kj/memory.h>

namespace portreeve::gateway {

struct HttpNames {
  static HttpNames make();

  kj::Own<kj::HttpHeaderTable> table;
  kj::HttpHeaderId allow, authorization, cookie, etag, ifMatch, lastEventId, origin, secFetchSite,
      setCookie, wwwAuthenticate;
};

void addSecurityHeaders(kj::HttpHeaders& headers);
// What every answer carries, whatever it is: no sniffing, no framing, no caching, no referrer, and
// a Content-Security-Policy under which nothing but this server's own files runs or is asked.

}  // namespace portreeve::gateway
