// SPDX-License-Identifier: GPL-3.0-or-later
// The header fields this server looks at or sends beyond those KJ knows, and the table they are in.
#pragma once

#include <kj/compat/http.h>
#include <kj/memory.h>

namespace portreeve::gateway {

struct HttpNames {
  static HttpNames make();

  kj::Own<kj::HttpHeaderTable> table;
  kj::HttpHeaderId allow, authorization, cookie, etag, ifMatch, lastEventId, origin, retryAfter,
      secFetchSite, setCookie, webSocketProtocol, wwwAuthenticate;
};

void addSecurityHeaders(kj::HttpHeaders& headers, kj::StringPtr host, bool lasting = false);
// What every answer carries, whatever it is: no sniffing, no framing, no caching (but for what is
// `lasting`), no referrer, and a Content-Security-Policy under which nothing but this server's own
// files runs or is asked. `host`: as whom this server was asked; it outlives `headers`.

}  // namespace portreeve::gateway
