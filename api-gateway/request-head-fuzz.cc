// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz-target.h"

#include "api-gateway/http-guard.h"
#include "api-gateway/routes.h"
#include "api-gateway/session-store.h"

#include <kj/debug.h>
#include <string.h>

#include <string>

namespace {

using namespace portreeve;
using namespace portreeve::gateway;

struct Server {
  HttpNames names = HttpNames::make();
  OwnHosts hosts;
  Server() { hosts.add(KJ_ASSERT_NONNULL(Address::parse("127.0.0.1")), 817); }
};

void requireNarrow(const Server& server, const kj::HttpHeaders::Request& request,
                   const kj::HttpHeaders& headers) {
  // What the guard lets through is framed in one way only, and addressed to us.
  require(server.hosts.isHost(headers.get(kj::HttpHeaderId::HOST).orDefault("")));
  require(headers.get(kj::HttpHeaderId::TRANSFER_ENCODING) == nullptr);
  KJ_IF_MAYBE (length, headers.get(kj::HttpHeaderId::CONTENT_LENGTH)) {
    require(length->size() > 0 && length->size() <= 7);
    require(strspn(length->cStr(), "0123456789") == length->size());
    require(strtoull(length->cStr(), nullptr, 10) <= MAX_BODY);
  }
  KJ_IF_MAYBE (origin, headers.get(server.names.origin)) require(server.hosts.isOrigin(*origin));
  auto target = Target::of(request.url);
  KJ_IF_MAYBE (endpoint, findEndpoint(target.path, request.method))
    require(endpoint->path == target.path);
}

void look(const Server& server, std::string text) {
  // As KJ hands it over: up to the first of the two line ends that end a head.
  auto end = text.find("\r\n\r\n");
  text = text.substr(0, end == std::string::npos ? text.size() : end) + "\r\n";
  kj::HttpHeaders headers(*server.names.table);
  auto parsed = headers.tryParseRequest(kj::arrayPtr(text.data(), text.size()));
  KJ_IF_MAYBE (request, parsed.tryGet<kj::HttpHeaders::Request>()) {
    if (refuse(request->method, headers, server.names, server.hosts) == nullptr)
      requireNarrow(server, *request, headers);
    auto credentials =
        Credentials::of(headers.get(server.names.cookie), headers.get(server.names.authorization),
                        headers.get(server.names.webSocketProtocol));
    require(credentials.cookies.size() <= 8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Server server;
  std::string text(reinterpret_cast<const char*>(data), size);
  // KJ refuses some heads with an exception.
  auto refused = kj::runCatchingExceptions([&]() { look(server, text); });
  return 0;
}
