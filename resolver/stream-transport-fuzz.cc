// SPDX-License-Identifier: GPL-3.0-or-later
// What an upstream sends over TCP (RFC 7766), after two questions: "a.test" and "b.test", both A.
// The first octet says into how large pieces it is cut. Ids 0 and 1 in it stand for the two that
// were asked with, which are random.
#include "tests/fuzz/fuzz-target.h"

#include "resolver/fuzz-stream.h"
#include "resolver/stream-transport.h"

#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/timer.h>

namespace {

using namespace portreeve::resolver;

class OneConnection final : public Dialer {
public:
  explicit OneConnection(kj::Own<kj::AsyncIoStream> stream) : stream(kj::mv(stream)) {}

  kj::Promise<kj::Own<Wire>> dial() override {
    if (stream.get() == nullptr)
      return kj::Exception(kj::Exception::Type::DISCONNECTED, __FILE__, __LINE__,
                           kj::str("nobody answers"));
    return plainWire(kj::mv(stream));
  }

private:
  kj::Own<kj::AsyncIoStream> stream;
};

kj::Array<kj::byte> queryFor(kj::StringPtr name) {
  Lookup lookup;
  lookup.question = {KJ_ASSERT_NONNULL(Name::parse(name)), TYPE_A};
  return writeUpstreamQuery(lookup, false);
}

void insertIds(kj::ArrayPtr<kj::byte> sent, kj::ArrayPtr<const kj::byte> questions) {
  size_t second = 2 + (size_t(questions[0]) << 8 | questions[1]);
  for (size_t at = 0; at + 4 <= sent.size();) {
    size_t length = size_t(sent[at]) << 8 | sent[at + 1];
    if (sent[at + 2] == 0 && sent[at + 3] <= 1) {
      size_t from = 2 + (sent[at + 3] == 1 ? second : 0);
      sent[at + 2] = questions[from];
      sent[at + 3] = questions[from + 1];
    }
    at += 2 + length;
  }
}

void check(kj::Promise<kj::Array<kj::byte>>& asked, kj::ArrayPtr<const kj::byte> query,
           kj::WaitScope& scope) {
  // An answer to that very question, or the reason why there is none.
  asked
      .then([query](kj::Array<kj::byte> answer) { require(sameQuestion(query, answer, false)); },
            [](kj::Exception&& e) { require(e.getType() == kj::Exception::Type::DISCONNECTED); })
      .wait(scope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto octets = kj::heapArray(data + 1, size - 1);
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  kj::TimerImpl timer(kj::origin<kj::TimePoint>());
  auto pipe = kj::newTwoWayPipe();
  auto& server = *pipe.ends[1];
  StreamTransport transport(kj::heap<OneConnection>(kj::mv(pipe.ends[0])), timer);
  auto first = queryFor("a.test"), second = queryFor("b.test");
  auto one = transport.exchange(first), two = transport.exchange(second);
  one.poll(scope);
  two.poll(scope);
  auto questions = kj::heapArray<kj::byte>(4 + first.size() + second.size());
  server.read(questions.begin(), questions.size()).wait(scope);
  insertIds(octets, questions);
  auto sending =
      sendInPieces(server, octets, size_t(data[0]) + 1).eagerlyEvaluate([](kj::Exception&&) {});
  check(one, first, scope);
  check(two, second, scope);
  return 0;
}
