// SPDX-License-Identifier: GPL-3.0-or-later
// What a client sends over TCP (RFC 7766): the first octet says into how large pieces it is cut,
// the rest is sent. Who answers here says each message again.
#include "tests/fuzz/fuzz-target.h"

#include "resolver/fuzz-stream.h"
#include "resolver/tcp-connection.h"

#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/timer.h>
#include <string.h>

namespace {

using namespace portreeve;
using namespace portreeve::resolver;

constexpr size_t MIN_QUERY = 12, MAX_QUERY = 4096;

class Echo final : public Answering {
  // Some messages get no answer, and some get theirs later than those behind them.
public:
  size_t asked = 0, answered = 0;

  kj::Promise<MaybeReply> answer(const Tuple&, kj::ArrayPtr<const kj::byte> message) override {
    require(message.size() >= MIN_QUERY && message.size() <= MAX_QUERY);
    asked++;
    if (message[0] == 0) return MaybeReply(nullptr);
    answered++;
    auto reply = kj::heapArray(message);
    if (message[0] % 2 == 0) return MaybeReply(kj::mv(reply));
    return kj::evalLater([reply = kj::mv(reply)]() mutable -> MaybeReply { return kj::mv(reply); });
  }
};

size_t wholeMessages(kj::ArrayPtr<const kj::byte> sent) {
  // Up to the first that is no query by its length, or is cut off.
  size_t count = 0, at = 0;
  while (at + 2 <= sent.size()) {
    size_t length = size_t(sent[at]) << 8 | sent[at + 1];
    if (length < MIN_QUERY || length > MAX_QUERY || at + 2 + length > sent.size()) break;
    at += 2 + length;
    count++;
  }
  return count;
}

size_t framesIn(kj::ArrayPtr<const kj::byte> received) {
  size_t count = 0, at = 0;
  while (at < received.size()) {
    require(at + 2 <= received.size());
    at += 2 + (size_t(received[at]) << 8 | received[at + 1]);
    require(at <= received.size());
    count++;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto sent = kj::arrayPtr(data + 1, size - 1);
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  Echo echo;
  auto pipe = kj::newTwoWayPipe();
  auto connection = kj::heap<TcpConnection>(kj::mv(pipe.ends[0]), Tuple(), timer, echo);
  auto served = connection->serve().attach(kj::mv(connection));
  // A connection that has ended early takes no more: that is the client's loss.
  auto sending =
      sendInPieces(*pipe.ends[1], sent, size_t(data[0]) + 1).eagerlyEvaluate([](kj::Exception&&) {
      });
  auto receiving = pipe.ends[1]->readAllBytes();
  served.wait(scope);
  served = nullptr;
  auto received = receiving.wait(scope);
  require(echo.asked == wholeMessages(sent));
  require(framesIn(received) == echo.answered);
  return 0;
}
