// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp-connection.h"

#include "resolver/judged-query-fakes.h"

#include <doctest/doctest.h>

namespace portreeve::resolver {
namespace {

std::string framed(const Sample& sample) {
  auto message = sample.message();
  std::string result{char(message.size() >> 8), char(message.size())};
  return result.append(message.asChars().begin(), message.size());
}

struct Served : Fixture {
  kj::TwoWayPipe pipe = kj::newTwoWayPipe();
  TcpConnection connection{kj::mv(pipe.ends[0]), client, timer, queries};
  kj::Promise<void> end = connection.serve().eagerlyEvaluate(nullptr);
  kj::AsyncIoStream& wire = *pipe.ends[1];

  Served() { link.policy = policy(); }

  kj::Promise<void> send(std::string text) {
    // In a memory pipe the text has to stay until it is read.
    auto data = kj::heap<std::string>(kj::mv(text));
    auto written = wire.write(data->data(), data->size());
    return written.attach(kj::mv(data)).eagerlyEvaluate(nullptr);
  }

  kj::Array<kj::byte> receive() {
    kj::byte prefix[2];
    wire.read(prefix, 2).wait(scope);
    auto message = kj::heapArray<kj::byte>(size_t(prefix[0]) << 8 | prefix[1]);
    wire.read(message.begin(), message.size()).wait(scope);
    return message;
  }
};

}  // namespace

TEST_CASE("queries on one connection are answered, however they are cut") {
  Served f;
  auto both = framed(simpleQuery("a.test", TYPE_A)) + framed(simpleQuery("b.test", TYPE_A));
  f.send(both.substr(0, 5)).wait(f.scope);
  auto sending = f.send(both.substr(5));
  for (int i = 0; i < 2; i++) CHECK(KJ_ASSERT_NONNULL(readAnswer(f.receive())).answer.size() == 1);
  sending.wait(f.scope);
  CHECK(!f.end.poll(f.scope));
}

TEST_CASE("a query that waits holds no other one up") {
  Served f;
  f.link.policy = nullptr;
  auto sending =
      f.send(framed(simpleQuery("waits.test", TYPE_A)) + framed(simpleQuery("any.test", TYPE_ANY)));
  CHECK(KJ_ASSERT_NONNULL(readAnswer(f.receive())).answer[0].type == TYPE_HINFO);
  f.link.comes(f.policy());
  CHECK(KJ_ASSERT_NONNULL(readAnswer(f.receive())).answer[0].type == TYPE_A);
  sending.wait(f.scope);
}

TEST_CASE("a client that closed its side gets what it had asked for, then the connection ends") {
  Served f;
  f.link.policy = nullptr;
  f.send(framed(simpleQuery("a.test", TYPE_A))).wait(f.scope);
  f.wire.shutdownWrite();
  CHECK(!f.end.poll(f.scope));
  f.link.comes(f.policy());
  CHECK(f.receive().size() > 12);
  CHECK(f.end.poll(f.scope));
}

TEST_CASE("an idle connection ends after ten seconds") {
  Served f;
  CHECK(!f.end.poll(f.scope));
  f.advance(9 * kj::SECONDS);
  CHECK(!f.end.poll(f.scope));
  f.advance(2 * kj::SECONDS);
  CHECK(f.end.poll(f.scope));
}

TEST_CASE("a client that does not take its answers is let go") {
  Served f;
  f.send(framed(simpleQuery("a.test", TYPE_A))).wait(f.scope);
  CHECK(!f.end.poll(f.scope));
  f.advance(11 * kj::SECONDS);
  CHECK(f.end.poll(f.scope));
}

TEST_CASE("a message too short or too long to be a query ends the connection") {
  for (kj::StringPtr prefix : {kj::StringPtr("\0\1x", 3), kj::StringPtr("\xff\xff", 2)}) {
    Served f;
    auto sending = f.send(std::string(prefix.begin(), prefix.size()));
    CHECK(f.end.poll(f.scope));
  }
}

}  // namespace portreeve::resolver
