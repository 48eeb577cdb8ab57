// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/relay.h"

#include "gate17/test-listening.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <sys/socket.h>

namespace portreeve::gate17 {
namespace {

struct Pair {
  kj::Own<Socket> ours, theirs;
};

struct Road {
  // program = near.theirs, near.ours = gate = far.ours, far.theirs = server
  kj::AsyncIoContext io = kj::setupAsyncIo();
  Transfer transfer;
  Traffic traffic;
  Pair near = connect(), far = connect();
  kj::Promise<void> carried =
      relay({io.provider->getTimer(), transfer}, *near.ours, *far.ours, traffic)
          .eagerlyEvaluate(nullptr);

  Pair connect() {
    SocketAddress where;
    auto listener = listening(where);
    auto theirs = Socket::connect(io.unixEventPort, where).wait(io.waitScope);
    int accepted;
    KJ_SYSCALL(accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return {kj::heap<Socket>(io.unixEventPort, kj::AutoCloseFd(accepted)), kj::mv(theirs)};
  }
};

kj::Array<kj::byte> pattern(size_t size) {
  auto bytes = kj::heapArray<kj::byte>(size);
  for (size_t i = 0; i < size; i++) bytes[i] = kj::byte(i * 31 >> 7);
  return bytes;
}

kj::Promise<void> read(kj::AsyncIoStream& from, kj::ArrayPtr<kj::byte> into) {
  return from.read(into.begin(), into.size(), into.size()).ignoreResult();
}

TEST_CASE("much and little, to a reader who is slow at times, arrives as it was sent") {
  constexpr size_t STEP = 4 << 20;
  Road road;
  auto& scope = road.io.waitScope;
  auto sent = pattern(48 << 20);
  auto& program = *road.near.theirs;
  auto& server = *road.far.theirs;
  auto writing = program.write(sent.begin(), sent.size() - 1)
                     .then([&]() { return program.write(&sent.back(), 1); })
                     .then([&]() { program.shutdownWrite(); })
                     .eagerlyEvaluate(nullptr);
  auto got = kj::heapArray<kj::byte>(sent.size());
  for (size_t at = 0; at < got.size(); at += STEP) {
    road.carried.poll(scope);  // as far as it comes while nobody reads
    read(server, got.slice(at, at + STEP)).wait(scope);
  }
  writing.wait(scope);
  CHECK(got == sent);
  CHECK(road.traffic.out == sent.size());
  server.write("late", 4).wait(scope);
  server.shutdownWrite();
  CHECK(program.readAllText().wait(scope) == "late");
  road.carried.wait(scope);
  CHECK(road.traffic.in == 4);
}

TEST_CASE("whoever reads no more breaks the stream off for whoever sends much") {
  Road road;
  auto sent = pattern(64 << 20);
  auto writing = road.near.theirs->write(sent.begin(), sent.size()).eagerlyEvaluate(nullptr);
  kj::byte some[1 << 16];
  read(*road.far.theirs, some).wait(road.io.waitScope);
  road.far.theirs = nullptr;
  auto e =
      KJ_ASSERT_NONNULL(kj::runCatchingExceptions([&]() { road.carried.wait(road.io.waitScope); }));
  CHECK(e.getType() == kj::Exception::Type::DISCONNECTED);
}

TEST_CASE("one stream's rest is no other stream's beginning") {
  // The pipe is shared: what did not fit must have left it.
  Road stuck;
  auto& scope = stuck.io.waitScope;
  auto flood = kj::heapArray<kj::byte>(64 << 20);
  memset(flood.begin(), 'x', flood.size());
  auto writing = stuck.near.theirs->write(flood.begin(), flood.size()).eagerlyEvaluate(nullptr);
  CHECK_FALSE(stuck.carried.poll(scope));
  auto near = stuck.connect(), far = stuck.connect();
  Traffic traffic;
  auto other =
      relay({stuck.io.provider->getTimer(), stuck.transfer}, *near.ours, *far.ours, traffic)
          .eagerlyEvaluate(nullptr);
  auto sent = pattern(1 << 20);
  auto sending = near.theirs->write(sent.begin(), sent.size()).eagerlyEvaluate(nullptr);
  auto got = kj::heapArray<kj::byte>(sent.size());
  read(*far.theirs, got).wait(scope);
  CHECK(got == sent);
}

}  // namespace
}  // namespace portreeve::gate17
