// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp-connection.h"

#include "common/log.h"

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr auto IDLE_LIMIT = 10 * kj::SECONDS;
constexpr auto WRITE_LIMIT = 10 * kj::SECONDS;
constexpr size_t MIN_QUERY = 12, MAX_QUERY = 4096;  // octets; others end the connection

kj::Array<kj::byte> framed(kj::ArrayPtr<const kj::byte> message) {
  // Length and message in one write, so in one segment (RFC 7766, 8).
  auto frame = kj::heapArray<kj::byte>(2 + message.size());
  frame[0] = kj::byte(message.size() >> 8);
  frame[1] = kj::byte(message.size());
  std::copy(message.begin(), message.end(), frame.begin() + 2);
  return frame;
}

}  // namespace

TcpConnection::TcpConnection(kj::Own<kj::AsyncIoStream> accepted, const Tuple& client,
                             kj::Timer& timer, Answering& queries)
    : stream(kj::mv(accepted)), timer(timer), queries(queries), client(client), tasks(*this) {}

kj::Promise<void> TcpConnection::serve() {
  return readNext().exclusiveJoin(kj::mv(broken.promise));
}

kj::Promise<void> TcpConnection::readNext() {
  return whenFewerThan(MAX_OUTSTANDING)
      .then([this]() { return timer.timeoutAfter(IDLE_LIMIT, readMessage()); })
      .then(
          [this](kj::Array<kj::byte> message) -> kj::Promise<void> {
            if (message.size() == 0)
              return whenFewerThan(1);  // the end: what was asked is answered
            take(kj::mv(message));
            return readNext();
          },
          [](kj::Exception&& e) -> kj::Promise<void> {
            // Idle, or reset by the client: both are ordinary ends.
            log::debug(kj::str("DNS over TCP: ", e.getDescription()));
            return kj::READY_NOW;
          });
}

kj::Promise<kj::Array<kj::byte>> TcpConnection::readMessage() {
  // Empty at the end of the stream, and where no message can follow.
  auto prefix = kj::heapArray<kj::byte>(2);
  auto reading = stream->tryRead(prefix.begin(), 2, 2);
  return reading.then(
      [this, prefix = kj::mv(prefix)](size_t got) -> kj::Promise<kj::Array<kj::byte>> {
        size_t length = got < 2 ? 0 : size_t(prefix[0]) << 8 | prefix[1];
        if (length < MIN_QUERY || length > MAX_QUERY) return kj::Array<kj::byte>();
        auto message = kj::heapArray<kj::byte>(length);
        auto rest = stream->tryRead(message.begin(), length, length);
        return rest.then([message = kj::mv(message)](size_t filled) mutable -> kj::Array<kj::byte> {
          if (filled < message.size()) return nullptr;
          return kj::mv(message);
        });
      });
}

kj::Promise<void> TcpConnection::whenFewerThan(size_t limit) {
  if (outstanding < limit) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  fewer = kj::mv(paf.fulfiller);
  return paf.promise.then([this, limit]() { return whenFewerThan(limit); });
}

void TcpConnection::take(kj::Array<kj::byte> message) {
  outstanding++;
  tasks.add(queries.answer(client, message).then([this](MaybeReply&& answer) {
    KJ_IF_MAYBE (text, answer) {
      reply(kj::mv(*text));
    } else {
      finished();
    }
  }));
}

void TcpConnection::reply(kj::Array<kj::byte> message) {
  replies.push_back(framed(message));
  if (replies.size() == 1) tasks.add(writeNext());
}

kj::Promise<void> TcpConnection::writeNext() {
  auto& frame = replies.front();
  return timer.timeoutAfter(WRITE_LIMIT, stream->write(frame.begin(), frame.size()))
      .then([this]() -> kj::Promise<void> {
        replies.pop_front();
        finished();
        if (replies.empty()) return kj::READY_NOW;
        return writeNext();
      });
}

void TcpConnection::finished() {
  outstanding--;
  KJ_IF_MAYBE (waiting, fewer) (*waiting)->fulfill();
  fewer = nullptr;
}

void TcpConnection::taskFailed(kj::Exception&& e) {
  // An answer could not be made or written: the client has to begin anew.
  log::debug(kj::str("DNS over TCP: ", e.getDescription()));
  broken.fulfiller->fulfill();
}

}  // namespace portreeve::resolver
