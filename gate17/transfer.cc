// SPDX-License-Identifier: GPL-3.0-or-later
#include "gate17/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace portreeve::gate17 {
namespace {

constexpr int WANTED_PIPE = 1 << 20;  // what anybody may have (pipe(7), pipe-max-size)
constexpr unsigned AT_ONCE = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

template <typename Call>
ssize_t retried(Call call) {
  ssize_t result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

kj::Exception broken(int error) {
  return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                       kj::str("carrying bytes: ", strerror(error)));
}

Transfer::Moved nothingOf(ssize_t got) {
  if (got == 0) return {Transfer::Outcome::ENDED};
  if (errno == EAGAIN) return {Transfer::Outcome::EMPTY};
  kj::throwFatalException(broken(errno));
}

}  // namespace

Transfer::Transfer() {
  int ends[2];
  KJ_SYSCALL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  pipeOut = kj::AutoCloseFd(ends[0]);
  pipeIn = kj::AutoCloseFd(ends[1]);
  // An account that has many pipes already keeps the kernel's size.
  int size = fcntl(pipeIn, F_SETPIPE_SZ, WANTED_PIPE);
  if (size < 0) {
    KJ_SYSCALL(size = fcntl(pipeIn, F_GETPIPE_SZ));
  }
  pipeSize = size_t(size);
}

Transfer::Moved Transfer::move(Socket& from, Socket& to, bool many) {
  return many ? splice(from, to) : copy(from, to);
}

ssize_t Transfer::receive(Socket& from) {
  return retried([&]() { return recv(from.fd(), buffer, sizeof buffer, 0); });
}

kj::Maybe<kj::ArrayPtr<const kj::byte>> Transfer::take(Socket& from) {
  ssize_t got = receive(from);
  if (got > 0) return kj::arrayPtr<const kj::byte>(buffer, size_t(got));
  if (nothingOf(got).outcome == Outcome::EMPTY) return nullptr;
  return kj::ArrayPtr<const kj::byte>();
}

Transfer::Moved Transfer::copy(Socket& from, Socket& to) {
  ssize_t got = receive(from);
  if (got <= 0) return nothingOf(got);
  ssize_t put = retried([&]() { return send(to.fd(), buffer, size_t(got), MSG_NOSIGNAL); });
  auto rest = kj::arrayPtr(buffer, size_t(got)).slice(size_t(std::max<ssize_t>(put, 0)), got);
  if (rest.size() == 0) return {Outcome::MOVED, size_t(got)};
  return {Outcome::REST, size_t(got), kj::heapArray<kj::byte>(rest)};
}

Transfer::Moved Transfer::splice(Socket& from, Socket& to) {
  ssize_t got =
      retried([&]() { return ::splice(from.fd(), nullptr, pipeIn, nullptr, pipeSize, AT_ONCE); });
  if (got <= 0) return nothingOf(got);
  size_t left = size_t(got);
  while (left > 0) {
    ssize_t put =
        retried([&]() { return ::splice(pipeOut, nullptr, to.fd(), nullptr, left, AT_ONCE); });
    if (put <= 0) return {Outcome::REST, size_t(got), drain(left)};
    left -= size_t(put);
  }
  return {Outcome::MOVED, size_t(got)};
}

kj::Array<kj::byte> Transfer::drain(size_t bytes) {
  auto rest = kj::heapArray<kj::byte>(bytes);
  size_t done = 0;
  while (done < bytes) {
    ssize_t got = 0;
    KJ_SYSCALL(got = read(pipeOut, rest.begin() + done, bytes - done));
    KJ_ASSERT(got > 0, "a pipe has less than was put into it");
    done += size_t(got);
  }
  return rest;
}

}  // namespace portreeve::gate17
