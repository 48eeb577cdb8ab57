// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/http-guard.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <sys/socket.h>

#include <initializer_list>

namespace portreeve::gateway {
namespace {

struct Field {
  kj::StringPtr name, value;
};

struct Guarded {
  HttpNames names = HttpNames::make();
  OwnHosts hosts;
  Guarded() {
    hosts.add(KJ_ASSERT_NONNULL(Address::parse("127.0.0.1")), 817);
    hosts.add(KJ_ASSERT_NONNULL(Address::parse("::1")), 817);
  }

  uint ask(kj::HttpMethod method, std::initializer_list<Field> fields) {
    // 0: let through.
    kj::HttpHeaders headers(*names.table);
    for (auto& field : fields) headers.add(field.name, field.value);
    KJ_IF_MAYBE (reply, refuse(method, headers, names, hosts)) {
      CHECK(reply->close);
      return reply->status;
    }
    return 0;
  }
  uint get(std::initializer_list<Field> fields) { return ask(kj::HttpMethod::GET, fields); }
  uint getWith(kj::StringPtr name, kj::StringPtr value) {
    return get({{"Host", "127.0.0.1:817"}, {name, value}});
  }
  uint postWith(kj::StringPtr name, kj::StringPtr value) {
    return ask(kj::HttpMethod::POST, {{"Host", "127.0.0.1:817"}, {name, value}});
  }
};

TEST_CASE("a request is addressed to one of our own names") {
  Guarded guard;
  CHECK(guard.get({{"Host", "127.0.0.1:817"}}) == 0);
  CHECK(guard.get({{"Host", "[::1]:817"}}) == 0);
  CHECK(guard.get({{"Host", "localhost:817"}}) == 0);
  CHECK(guard.get({}) == 400);
  for (auto foreign :
       {"evil.example:817", "127.0.0.1", "127.0.0.1:818", "127.0.0.1:817.evil.example",
        "127.0.0.1:817, 127.0.0.1:817", "user@127.0.0.1:817"})
    CHECK_MESSAGE(guard.get({{"Host", foreign}}) == 421, foreign);
}

TEST_CASE("pages of other origins and other sites are refused, other ports of this machine too") {
  Guarded guard;
  CHECK(guard.getWith("Origin", "http://127.0.0.1:817") == 0);
  for (auto foreign : {"null", "http://evil.example", "https://127.0.0.1:817",
                       "http://127.0.0.1:8080", "http://127.0.0.1:817/"})
    CHECK_MESSAGE(guard.getWith("Origin", foreign) == 403, foreign);
  CHECK(guard.getWith("Sec-Fetch-Site", "same-origin") == 0);
  CHECK(guard.getWith("Sec-Fetch-Site", "none") == 0);
  CHECK(guard.getWith("Sec-Fetch-Site", "same-site") == 403);
  CHECK(guard.getWith("Sec-Fetch-Site", "cross-site") == 403);
}

TEST_CASE("a body has a short decimal length and is not in chunks") {
  Guarded guard;
  CHECK(guard.postWith("Content-Length", "76") == 0);
  CHECK(guard.postWith("Content-Length", "524288") == 0);
  CHECK(guard.postWith("Content-Length", "524289") == 413);
  for (auto odd : {"-1", "+5", "5, 5", "0x10", " 5", "99999999999999999999"})
    CHECK_MESSAGE(guard.postWith("Content-Length", odd) == 400, odd);
  CHECK(guard.postWith("Transfer-Encoding", "chunked") == 411);
  CHECK(guard.postWith("Transfer-Encoding", "gzip, chunked") == 411);
  CHECK(guard.postWith("Accept", "*/*") == 411);
  CHECK(guard.getWith("Content-Length", "0") == 0);
  CHECK(guard.getWith("Content-Length", "5") == 400);
}

TEST_CASE("other methods and other protocols are refused") {
  Guarded guard;
  for (auto method : {kj::HttpMethod::PUT, kj::HttpMethod::OPTIONS})
    CHECK(guard.ask(method, {{"Host", "127.0.0.1:817"}}) == 405);
  CHECK(guard.ask(kj::HttpMethod::PATCH, {{"Host", "127.0.0.1:817"}}) == 411);
  CHECK(guard.ask(kj::HttpMethod::HEAD, {{"Host", "127.0.0.1:817"}}) == 0);
  CHECK(guard.getWith("Upgrade", "websocket") == 0);
}

kj::AutoCloseFd bound(in_addr_t address) {
  int fd;
  KJ_SYSCALL(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  kj::AutoCloseFd result(fd);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  KJ_SYSCALL(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name));
  return result;
}

TEST_CASE("our names come from the sockets; a socket on every address is refused") {
  OwnHosts hosts;
  hosts.addSocket(bound(INADDR_LOOPBACK));
  REQUIRE(hosts.all().size() == 2);
  CHECK(hosts.all()[0].startsWith("127.0.0.1:"));
  CHECK(hosts.all()[1].startsWith("localhost:"));
  CHECK_THROWS_AS(hosts.addSocket(bound(INADDR_ANY)), kj::Exception);
}

TEST_CASE("on port 80 browsers leave the port out") {
  OwnHosts hosts;
  hosts.add(KJ_ASSERT_NONNULL(Address::parse("::1")), 80);
  CHECK(hosts.isHost("[::1]"));
  CHECK(hosts.isHost("localhost:80"));
  CHECK(hosts.isOrigin("http://localhost"));
}

}  // namespace
}  // namespace portreeve::gateway
