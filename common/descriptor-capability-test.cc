// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/descriptor-capability.h"

#include "proto/interceptor.capnp.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async.h>
#include <kj/debug.h>
#include <unistd.h>

namespace portreeve {
namespace {

struct Pipe {
  kj::AutoCloseFd reading, writing;

  Pipe() {
    int ends[2];
    KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
    reading = kj::AutoCloseFd(ends[0]);
    writing = kj::AutoCloseFd(ends[1]);
  }
};

struct Bare final : public proto::RingSocket::Server {};

TEST_CASE("the descriptor that a capability carries is a copy that outlives it") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  Pipe pipe;
  auto carried = kj::heap<DescriptorCapability<proto::RingSocket>>(pipe.writing.get());
  auto taken = descriptorOf(proto::RingSocket::Client(kj::mv(carried))).wait(scope);
  auto& copy = KJ_ASSERT_NONNULL(taken);
  CHECK(copy.get() != pipe.writing.get());
  CHECK((fcntl(copy, F_GETFD) & FD_CLOEXEC) != 0);
  pipe.writing = nullptr;
  CHECK(write(copy, "x", 1) == 1);
  char byte = 0;
  CHECK(read(pipe.reading, &byte, 1) == 1);
  CHECK(byte == 'x');
}

TEST_CASE("a capability that carries no descriptor gives none") {
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  CHECK(descriptorOf(proto::RingSocket::Client(kj::heap<Bare>())).wait(scope) == nullptr);
}

}  // namespace
}  // namespace portreeve
