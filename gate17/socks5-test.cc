// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/socks5-client.h"
#include "gate17/socks5-server.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/debug.h>

namespace portreeve::gate17::socks5 {
namespace {

Target target(kj::StringPtr text, uint16_t port) {
  KJ_IF_MAYBE (address, Address::parse(text)) return Target{kj::String(), *address, port};
  return Target{kj::str(text), {}, port};
}

kj::Array<kj::byte> written(const Target& where) {
  kj::Vector<kj::byte> bytes;
  putTarget(bytes, where);
  return bytes.releaseAsArray();
}

TEST_CASE("a target is read as it was written, whatever its kind") {
  for (auto text : {"192.0.2.7", "2001:db8::7", "www.example.org"}) {
    auto bytes = written(target(text, 8080));
    auto parsed = KJ_ASSERT_NONNULL(parseTarget(bytes));
    CHECK(parsed.length == bytes.size());
    CHECK(parsed.target.toString() == target(text, 8080).toString());
    for (size_t cut = 0; cut < bytes.size(); cut++)
      CHECK(parseTarget(bytes.slice(0, cut)) == nullptr);
  }
}

TEST_CASE("a name that is an address is judged as that address, and names are lower case") {
  auto address = written(Target{kj::str("192.0.2.7"), {}, 80});
  CHECK_FALSE(KJ_ASSERT_NONNULL(parseTarget(address)).target.named());
  auto name = written(Target{kj::str("WWW.Example.ORG."), {}, 80});
  CHECK(KJ_ASSERT_NONNULL(parseTarget(name)).target.name == "www.example.org");
}

TEST_CASE("names with control characters, blanks or nothing in them are none") {
  for (auto text : {"a b", "a\nb", "\x7f", "\xc3\xa9"})
    CHECK(parseTarget(written(Target{kj::str(text), {}, 80})) == nullptr);
  kj::byte empty[] = {3, 0, 0, 80};
  CHECK(parseTarget(empty) == nullptr);
  kj::byte unknown[] = {2, 0, 0, 80};
  CHECK(targetLength(unknown) == nullptr);
}

struct Loop {
  kj::EventLoop loop;
  kj::WaitScope wait{loop};
  kj::TwoWayPipe pipe = kj::newTwoWayPipe();
};

TEST_CASE("client and server agree on a connection") {
  Loop io;
  kj::Maybe<Credentials> none;
  auto where = target("www.example.org", 443);
  auto asked = authenticate(*io.pipe.ends[0], none).then([&]() {
    return ask(*io.pipe.ends[0], Command::CONNECT, where);
  });
  auto heard = hear(*io.pipe.ends[1]);
  // Both at once: each waits for the other.
  auto request = heard
                     .then([&](Request got) {
                       return answer(*io.pipe.ends[1], Reply::SUCCEEDED,
                                     {KJ_ASSERT_NONNULL(Address::parse("192.0.2.1")), 5})
                           .then([got = kj::mv(got)]() mutable { return kj::mv(got); });
                     })
                     .eagerlyEvaluate(nullptr);
  auto bound = asked.wait(io.wait);
  CHECK(bound.toString() == "192.0.2.1:5");
  auto got = request.wait(io.wait);
  CHECK(got.command == Command::CONNECT);
  CHECK(got.target.toString() == "www.example.org:443");
}

TEST_CASE("what a server refuses is of the target, what is no SOCKS5 is of the way") {
  Loop io;
  auto where = target("192.0.2.9", 1);
  auto asked = ask(*io.pipe.ends[0], Command::CONNECT, where).eagerlyEvaluate(nullptr);
  kj::byte sent[64];
  io.pipe.ends[1]->read(sent, 10, 64).wait(io.wait);
  SUBCASE("refused") {
    auto said = answer(*io.pipe.ends[1], Reply::REFUSED).eagerlyEvaluate(nullptr);
    auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { asked.wait(io.wait); }));
    CHECK(e.getType() == kj::Exception::Type::FAILED);
    CHECK(e.getDescription() == "it says: connection refused");
  }
  SUBCASE("not SOCKS") {
    auto said = io.pipe.ends[1]->write("HTTP/1.1 400", 12).eagerlyEvaluate(nullptr);
    auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { asked.wait(io.wait); }));
    CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
  }
  SUBCASE("gone") {
    io.pipe.ends[1] = nullptr;
    auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { asked.wait(io.wait); }));
    CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
  }
}

TEST_CASE("user and password are sent to a server that wants them, and only then") {
  Loop io;
  kj::Maybe<Credentials> known = Credentials{kj::str("alice"), kj::str("secret")};
  auto done = authenticate(*io.pipe.ends[0], known).eagerlyEvaluate(nullptr);
  kj::byte sent[64];
  CHECK(io.pipe.ends[1]->read(sent, 4, 64).wait(io.wait) == 4);
  CHECK(sent[1] == 2);
  io.pipe.ends[1]->write("\x05\x02", 2).wait(io.wait);
  CHECK(io.pipe.ends[1]->read(sent, 14, 64).wait(io.wait) == 14);
  CHECK(kj::heapString(reinterpret_cast<char*>(sent) + 2, 5) == "alice");
  SUBCASE("let in") {
    io.pipe.ends[1]->write("\x01\x00", 2).wait(io.wait);
    done.wait(io.wait);
  }
  SUBCASE("not let in") {
    io.pipe.ends[1]->write("\x01\x01", 2).wait(io.wait);
    auto e = KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { done.wait(io.wait); }));
    CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
    CHECK(strstr(e.getDescription().cStr(), "secret") == nullptr);
  }
}

TEST_CASE("a client that does not speak SOCKS5 gets no stream") {
  Loop io;
  auto heard = hear(*io.pipe.ends[1]).ignoreResult().eagerlyEvaluate(nullptr);
  auto ends = [&]() {
    return kj::runCatchingExceptions([&]() { heard.wait(io.wait); }) != nullptr;
  };
  SUBCASE("HTTP") {
    auto said = io.pipe.ends[0]->write("GET / HTTP/1.1\r\n\r\n", 18).eagerlyEvaluate(nullptr);
    CHECK(ends());
  }
  SUBCASE("insists on a password") {
    io.pipe.ends[0]->write("\x05\x01\x02", 3).wait(io.wait);
    kj::byte answered[2];
    io.pipe.ends[0]->read(answered, 2, 2).wait(io.wait);
    CHECK(answered[1] == NO_METHOD);
    CHECK(ends());
  }
  SUBCASE("leaves") {
    io.pipe.ends[0] = nullptr;
    CHECK(ends());
  }
}

}  // namespace
}  // namespace portreeve::gate17::socks5
