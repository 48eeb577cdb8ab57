// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/http-way.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::gate17 {
namespace {

struct Proxy {
  kj::EventLoop loop;
  kj::WaitScope wait{loop};
  kj::TwoWayPipe pipe = kj::newTwoWayPipe();

  kj::Maybe<kj::Exception> answers(kj::StringPtr words) {
    auto asked = http::askConnect(*pipe.ends[0], kj::str("CONNECT x HTTP/1.1\r\n\r\n"))
                     .eagerlyEvaluate(nullptr);
    char heard[64];
    pipe.ends[1]->read(heard, 22, 64).wait(wait);
    auto said = pipe.ends[1]->write(words.begin(), words.size()).eagerlyEvaluate(nullptr);
    return kj::runCatchingExceptions([&]() { asked.wait(wait); });
  }
};

TEST_CASE("what the far end says first is not taken for the proxy's words") {
  Proxy proxy;
  auto asked = http::askConnect(*proxy.pipe.ends[0], kj::str("CONNECT x HTTP/1.1\r\n\r\n"))
                   .eagerlyEvaluate(nullptr);
  char heard[64];
  proxy.pipe.ends[1]->read(heard, 22, 64).wait(proxy.wait);
  constexpr auto WORDS = "HTTP/1.0 200 OK\r\nVia: x\r\n\r\nhello"_kj;
  auto said = proxy.pipe.ends[1]->write(WORDS.begin(), WORDS.size()).eagerlyEvaluate(nullptr);
  asked.wait(proxy.wait);
  CHECK(proxy.pipe.ends[0]->read(heard, 5, 5).wait(proxy.wait) == 5);
  CHECK(kj::heapString(heard, 5) == "hello");
}

TEST_CASE("a refusal is of the target, a proxy that does not know us is of no use") {
  using Type = kj::Exception::Type;
  struct Case {
    kj::StringPtr words;
    Type type;
  };
  for (auto& one : {Case{"HTTP/1.1 403 Filtered\r\n\r\n"_kj, Type::FAILED},
                    Case{"HTTP/1.1 502 Bad\r\n\r\n"_kj, Type::FAILED},
                    Case{"HTTP/1.1 407 Who\r\n\r\n"_kj, Type::DISCONNECTED},
                    Case{"SSH-2.0-x\r\n\r\n"_kj, Type::DISCONNECTED},
                    Case{"HTTP/1.1 \n\n"_kj, Type::DISCONNECTED}}) {
    CAPTURE(one.words);
    Proxy proxy;
    auto e = KJ_ASSERT_NONNULL(proxy.answers(one.words));
    CHECK(e.getType() == one.type);
  }
}

TEST_CASE("the request names the target, and the user where there is one") {
  kj::Maybe<socks5::Credentials> none;
  Target six{kj::String(), KJ_ASSERT_NONNULL(Address::parse("2001:db8::1")), 443};
  CHECK(http::connectRequest(six, none) ==
        "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n");
  kj::Maybe<socks5::Credentials> known =
      socks5::Credentials{kj::str("Aladdin"), kj::str("open sesame")};
  Target name{kj::str("a.test"), {}, 80};
  CHECK(http::connectRequest(name, known) ==
        "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n"
        "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

}  // namespace
}  // namespace portreeve::gate17
