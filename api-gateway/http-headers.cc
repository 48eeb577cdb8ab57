// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-headers.h"

namespace portreeve::gateway {

HttpNames HttpNames::make() {
  kj::HttpHeaderTable::Builder builder;
  HttpNames names;
  names.allow = builder.add("Allow");
  names.authorization = builder.add("Authorization");
  names.cookie = builder.add("Cookie");
  names.etag = builder.add("ETag");
  names.ifMatch = builder.add("If-Match");
  names.lastEventId = builder.add("Last-Event-ID");
  names.origin = builder.add("Origin");
  names.retryAfter = builder.add("Retry-After");
  names.secFetchSite = builder.add("Sec-Fetch-Site");
  names.setCookie = builder.add("Set-Cookie");
  names.webSocketProtocol = builder.add("Sec-WebSocket-Protocol");
  names.wwwAuthenticate = builder.add("WWW-Authenticate");
  names.table = builder.build();
  return names;
}

void addSecurityHeaders(kj::HttpHeaders& headers, kj::StringPtr host, bool lasting) {
  // 'self' is not taken to allow WebSockets to oneself by every browser: they are named.
  headers.add("Content-Security-Policy"_kj,
              kj::str("default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
                      "img-src 'self' data:; connect-src 'self'",
                      host.size() > 0 ? kj::str(" ws://", host) : kj::str(),
                      "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-Frame-Options", "DENY");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-store");
}

}  // namespace portreeve::gateway
