// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/test-node.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

TEST_CASE("a stream through a node carries both directions, and each ends by itself") {
  Site site;
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto accepted = site.server->accept().wait(site.io.waitScope);
  auto sent = kj::heapArray<kj::byte>(3 << 20);
  for (size_t i = 0; i < sent.size(); i++) sent[i] = kj::byte(i * 31 >> 5);
  auto writing = opened->write(sent.begin(), sent.size())
                     .then([&]() { opened->shutdownWrite(); })
                     .eagerlyEvaluate(nullptr);
  auto got = accepted->readAllBytes().wait(site.io.waitScope);
  CHECK(got == sent);
  writing.wait(site.io.waitScope);
  accepted->write("late", 4).wait(site.io.waitScope);
  accepted = nullptr;
  CHECK(opened->readAllText().wait(site.io.waitScope) == "late");
}

TEST_CASE("a reader who does not read holds up his own stream alone") {
  Site site;
  auto way = site.way();
  auto slow = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto flood = site.server->accept().wait(site.io.waitScope);
  auto bytes = kj::heapArray<kj::byte>(64 << 20);
  memset(bytes.begin(), 7, bytes.size());
  auto flooding = flood->write(bytes.begin(), bytes.size()).eagerlyEvaluate(nullptr);
  auto quick = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto other = site.server->accept().wait(site.io.waitScope);
  other->write("hello", 5).wait(site.io.waitScope);
  char heard[5];
  CHECK(quick->read(heard, 5, 5).wait(site.io.waitScope) == 5);
  CHECK_FALSE(flooding.poll(site.io.waitScope));
}

TEST_CASE("a node lets in keys that it knows, a gate speaks with the key that it expects") {
  Site site;
  auto stranger = PrivateKey::make();
  CHECK(site.failureOf(*site.way(stranger, site.nodeKey.publicKey())) ==
        kj::Exception::Type::DISCONNECTED);
  CHECK(site.failureOf(*site.way(site.clientKey, stranger.publicKey())) ==
        kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("a node lets nobody out to where its settings do not say") {
  Site site(Scope::INTERNET);
  auto way = site.way();
  CHECK(site.failureOf(*way) == kj::Exception::Type::FAILED);
  way->probe().wait(site.io.waitScope);
}

TEST_CASE("when the node goes its streams break, and the next one dials anew") {
  Site site;
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  site.serving = nullptr;
  site.node = nullptr;
  char byte;
  CHECK(kj::runCatchingExceptions([&]() { opened->read(&byte, 1, 1).wait(site.io.waitScope); }) !=
        nullptr);
  CHECK(site.failureOf(*way) == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("a server that breaks off is no end of the stream") {
  Site site;
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto accepted = site.server->accept().wait(site.io.waitScope);
  linger now{1, 0};
  accepted->setsockopt(SOL_SOCKET, SO_LINGER, &now, sizeof now);
  accepted = nullptr;
  char byte;
  auto e = KJ_ASSERT_NONNULL(
      kj::runCatchingExceptions([&]() { opened->tryRead(&byte, 1, 1).wait(site.io.waitScope); }));
  CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("bytes that wait for a slow server go with the client who sent them, and are no end") {
  Site site;
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto server = site.server->accept().wait(site.io.waitScope);
  auto bytes = kj::heapArray<kj::byte>(64 << 20);
  memset(bytes.begin(), 7, bytes.size());
  auto writing = opened->write(bytes.begin(), bytes.size()).eagerlyEvaluate(nullptr);
  CHECK_FALSE(writing.poll(site.io.waitScope));
  writing = nullptr;
  opened = nullptr;
  way = nullptr;
  CHECK(kj::runCatchingExceptions([&]() { server->readAllBytes().wait(site.io.waitScope); }) !=
        nullptr);
  site.way()->probe().wait(site.io.waitScope);
}

TEST_CASE("both directions at once, more than any buffer holds, do not wait for each other") {
  Site site;
  auto way = site.way();
  auto opened = way->open(Target::at(site.serverAt)).wait(site.io.waitScope);
  auto server = site.server->accept().wait(site.io.waitScope);
  auto bytes = kj::heapArray<kj::byte>(16 << 20);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = kj::byte(i * 17 >> 6);
  auto pass = [&](kj::AsyncIoStream& from, kj::AsyncIoStream& to) {
    auto got = kj::heapArray<kj::byte>(bytes.size());
    auto read = to.read(got.begin(), got.size());
    return from.write(bytes.begin(), bytes.size())
        .then([read = kj::mv(read)]() mutable { return kj::mv(read); })
        .then([&bytes, got = kj::mv(got)]() { return got == bytes; });
  };
  auto there = pass(*opened, *server).eagerlyEvaluate(nullptr);
  auto back = pass(*server, *opened).eagerlyEvaluate(nullptr);
  CHECK(there.wait(site.io.waitScope));
  CHECK(back.wait(site.io.waitScope));
}

TEST_CASE(
    "a burst of datagrams from the far end comes through whole, between turns of the others") {
  Site site;
  auto way = site.way();
  auto server = DatagramSocket::bound(site.io.unixEventPort, site.serverAt.address);
  auto datagrams = way->associate().wait(site.io.waitScope);
  datagrams->send(Target::at(server->local()), "hello"_kj.asBytes());
  server->whenReadable().wait(site.io.waitScope);
  auto from = KJ_ASSERT_NONNULL(server->tryReceive()).from;
  constexpr unsigned BURST = 150;  // more than may be under way at a time
  for (unsigned i = 0; i < BURST; i++) server->sendTo(from, "again"_kj.asBytes());
  for (unsigned i = 0; i < BURST; i++) {
    auto answer = site.io.provider->getTimer()
                      .timeoutAfter(5 * kj::SECONDS, datagrams->receive())
                      .wait(site.io.waitScope);
    CHECK(answer.bytes.size() == 5);
  }
}

TEST_CASE("whoever says nothing gets a quote of the day") {
  Site site;
  auto stranger = Socket::connect(site.io.unixEventPort, site.nodeAt).wait(site.io.waitScope);
  auto quote = stranger->readAllText().wait(site.io.waitScope);
  CHECK(quote.size() > 10);
  CHECK(quote.size() < 512);
  CHECK(quote.endsWith("\r\n"));
}

TEST_CASE("what is no TLS and no silence is answered like silence, and ends") {
  Site site;
  auto hostile = Socket::connect(site.io.unixEventPort, site.nodeAt).wait(site.io.waitScope);
  hostile->write("\x16\x03\x01\xff\xff garbage that is no handshake", 30).wait(site.io.waitScope);
  kj::byte answer[512];
  // An alert, or nothing; the connection ends and the node serves on.
  while (hostile->tryRead(answer, 1, sizeof answer)
             .catch_([](kj::Exception&&) { return size_t(0); })
             .wait(site.io.waitScope) > 0)
    continue;
  site.way()->probe().wait(site.io.waitScope);
}

TEST_CASE("a public key is 44 letters, and a key that is not there is an error") {
  auto key = PrivateKey::make();
  CHECK(key.publicKey().size() == 44);
  CHECK_THROWS_AS(PrivateKey::read("/nonexistent/key"), kj::Exception);
}

}  // namespace
}  // namespace portreeve::gate17
