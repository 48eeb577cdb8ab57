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
  names.secFetchSite = builder.add("Sec-Fetch-Site");
  names.setCookie = builder.add("Set-Cookie");
  names.wwwAuthenticate = builder.add("WWW-Authenticate");
  names.table = builder.build();
  return names;
}

void addSecurityHeaders(kj::HttpHeaders& headers) {
  headers.add("Content-Security-Policy",
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
              "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-Frame-Options", "DENY");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Cache-Control", "no-store");
}

}  // namespace portreeve::gateway
