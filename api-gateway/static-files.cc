// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/static-files.h"

#include "api-gateway/embedded-page.h"

namespace portreeve::gateway {
namespace {

Reply file(kj::StringPtr contentType, kj::StringPtr content) {
  Reply reply;
  reply.contentType = contentType;
  reply.body = kj::str(content);
  return reply;
}

}  // namespace

Reply pageHtml() {
  return file("text/html; charset=utf-8", embedded::INDEX_HTML);
}
Reply pageStyle() {
  return file("text/css; charset=utf-8", embedded::PAGE_CSS);
}
Reply pageScript() {
  return file("text/javascript; charset=utf-8", embedded::PAGE_JS);
}

Reply openApi() {
  return file("application/json", embedded::OPENAPI_JSON);
}

}  // namespace portreeve::gateway
