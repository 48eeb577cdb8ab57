// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-guard.h"

#include "api-gateway/problem.h"

#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::gateway {
namespace {

kj::Maybe<uint64_t> parseLength(kj::StringPtr text) {
  // KJ 0.9.2 takes "-1" for 2^64 - 1 and "5, 5" for 5: digits only, and few.
  if (text.size() == 0 || text.size() > 7) return nullptr;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return nullptr;
    value = value * 10 + uint64_t(c - '0');
  }
  return value;
}

bool hasBody(kj::HttpMethod method) {
  return method == kj::HttpMethod::POST || method == kj::HttpMethod::PATCH;
}

kj::Maybe<Reply> refuseBody(kj::HttpMethod method, uint64_t length) {
  if (length > MAX_BODY) return problemAndClose(413, "The body is longer than this server takes.");
  if (length > 0 && !hasBody(method))
    return problemAndClose(400, "Only POST and PATCH may have a body here.");
  return nullptr;
}

kj::Maybe<Reply> refuseFraming(kj::HttpMethod method, const kj::HttpHeaders& headers) {
  if (headers.get(kj::HttpHeaderId::TRANSFER_ENCODING) != nullptr)
    return problemAndClose(411, "Send a Content-Length instead of a Transfer-Encoding.");
  KJ_IF_MAYBE (text, headers.get(kj::HttpHeaderId::CONTENT_LENGTH)) {
    KJ_IF_MAYBE (length, parseLength(*text)) {
      return refuseBody(method, *length);
    }
    return problemAndClose(400, "Content-Length is not a short decimal number.");
  }
  if (hasBody(method)) return problemAndClose(411, "Send a Content-Length.");
  return nullptr;
}

kj::Maybe<Reply> refuseAddressee(const kj::HttpHeaders& headers, const OwnHosts& hosts) {
  KJ_IF_MAYBE (host, headers.get(kj::HttpHeaderId::HOST)) {
    if (hosts.isHost(*host)) return nullptr;
    return problemAndClose(421, kj::str("This server is not what Host says; it is ",
                                        kj::strArray(hosts.all(), ", "), "."));
  }
  return problemAndClose(400, "Host is missing.");
}

kj::Maybe<Reply> refuseSender(const kj::HttpHeaders& headers, const HttpNames& names,
                              const OwnHosts& hosts) {
  KJ_IF_MAYBE (origin, headers.get(names.origin)) {
    if (!hosts.isOrigin(*origin))
      return problemAndClose(403, "Pages of another origin may not ask this server.");
  }
  KJ_IF_MAYBE (site, headers.get(names.secFetchSite)) {
    // "same-site" is not enough: every other port of this machine is the same site.
    if (*site != "same-origin" && *site != "none")
      return problemAndClose(403, "Pages of another site may not ask this server.");
  }
  return nullptr;
}

bool isMethodOfOurs(kj::HttpMethod method) {
  return method == kj::HttpMethod::GET || method == kj::HttpMethod::HEAD ||
         method == kj::HttpMethod::DELETE || hasBody(method);
}

}  // namespace

void OwnHosts::add(const Address& address, uint16_t port) {
  auto literal = address.isV4() ? address.toString() : kj::str('[', address.toString(), ']');
  auto addBoth = [&](kj::StringPtr name) {
    auto full = kj::str(name, ':', port);
    if (isHost(full)) return;
    hosts.add(kj::mv(full));
    if (port == 80) hosts.add(kj::str(name));  // browsers leave it out
  };
  addBoth(literal);
  if (address.scope() == Scope::LOCALHOST) addBoth("localhost");
}

void OwnHosts::addSocket(int listeningFd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  KJ_SYSCALL(getsockname(listeningFd, generic, &length));
  auto address = KJ_REQUIRE_NONNULL(Address::fromSockaddr(generic),
                                    "a socket for HTTP is neither IPv4 nor IPv6");
  if (address.isUnspecified())
    KJ_FAIL_REQUIRE(
        "gateway.listen: every address of the machine: name one, as in \"127.0.0.1:817\"");
  // The port is at the same place in sockaddr_in and sockaddr_in6.
  add(address, ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port));
}

bool OwnHosts::isHost(kj::StringPtr host) const {
  return find(host).size() > 0;
}

kj::StringPtr OwnHosts::find(kj::StringPtr host) const {
  for (auto& own : hosts)
    if (own == host) return own;
  return ""_kj;
}

bool OwnHosts::isOrigin(kj::StringPtr origin) const {
  constexpr auto SCHEME = "http://"_kj;
  return origin.startsWith(SCHEME) && isHost(origin.slice(SCHEME.size()));
}

kj::Maybe<Reply> refuse(kj::HttpMethod method, const kj::HttpHeaders& headers,
                        const HttpNames& names, const OwnHosts& hosts) {
  if (!isMethodOfOurs(method)) return methodNotAllowed(kj::str("GET, HEAD, POST, PATCH, DELETE"));
  KJ_IF_MAYBE (reply, refuseFraming(method, headers)) return kj::mv(*reply);
  KJ_IF_MAYBE (reply, refuseAddressee(headers, hosts)) return kj::mv(*reply);
  KJ_IF_MAYBE (reply, refuseSender(headers, names, hosts)) return kj::mv(*reply);
  if (headers.get(kj::HttpHeaderId::UPGRADE) != nullptr && !headers.isWebSocket())
    return problemAndClose(400, "No other protocol is spoken here, but WebSocket for the events.");
  return nullptr;
}

}  // namespace portreeve::gateway
