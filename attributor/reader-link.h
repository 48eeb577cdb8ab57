// SPDX-License-Identifier: GPL-3.0-or-later
// The tie to the reader (proto/reader.capnp): questions out, answers in, in order, without ever
// waiting for it. What is not answered in time is told so, and the reader dialled anew.
#pragma once

#include "proto/reader.capnp.h"

#include <capnp/common.h>
#include <kj/array.h>
#include <kj/async-unix.h>
#include <kj/function.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>
#include <deque>

namespace portreeve::attributor {

struct ReaderQuestion {
  using Kind = proto::reader::Question::Kind;

  Kind kind = Kind::STATUS;
  uint64_t inode = 0;
  int32_t pid = 0;
  int32_t hintPid = 0;
  int32_t hintFd = -1;
  uint32_t uid = ~0u;
  int32_t newerThan = 0;
  bool listens = false;
  uint8_t table = 0;
};

enum class Urgency : uint8_t { OUTGOING, INCOMING, PEOPLE };
// Who is served first when there is more to ask than the reader can answer.
constexpr size_t URGENCIES = 3;

enum class NoAnswer : uint8_t { SILENT, AWAY, BUSY };
bool saysNoAnswer(kj::StringPtr reason);
// One of toText(NoAnswer).
kj::StringPtr toText(NoAnswer why);  // "the reader did not answer", …

class ReaderLink final : private kj::TaskSet::ErrorHandler {
public:
  using Answer = proto::reader::Answer::Reader;
  using Dial = kj::Function<kj::AutoCloseFd()>;
  // A connected SOCK_SEQPACKET socket, non-blocking and close-on-exec; throws where nobody listens.

  class Asker {
    // Whoever waits for an answer. Exactly one of the two is called, once, and not within ask().
  public:
    virtual void answered(Answer answer) = 0;  // valid during the call
    virtual void notAnswered(NoAnswer why) = 0;
    virtual ~Asker() noexcept(false) = default;
  };

  struct Counters {
    uint64_t asked = 0;
    uint64_t answered = 0;
    uint64_t unanswered = 0;
    uint64_t dialled = 0;
    uint64_t garbage = 0;
  };

  ReaderLink(kj::UnixEventPort& port, kj::Timer& timer, Dial dial);
  ~ReaderLink() noexcept(false);
  KJ_DISALLOW_COPY(ReaderLink);

  kj::Promise<void> run();
  // Dials, and receives. Never resolves. Call once.

  void ask(const ReaderQuestion& question, Urgency urgency, kj::Own<Asker> asker);
  // Answered within half a second; in any case told within a second.

  kj::AutoCloseFd takeDescriptor() { return kj::mv(descriptor); }
  // That came with the answer which is being handed out (`binary`); empty where none did.

  void onDrained(kj::Function<void()> call) { drained = kj::mv(call); }
  // Called after each lot of answers has been handed out: the moment to pass results on.

  bool connected() const { return connection != nullptr && proven; }
  const Counters& counters() const { return counts; }

private:
  struct Waiting {
    ReaderQuestion question;
    kj::Own<Asker> asker;
    kj::TimePoint since;
  };
  struct Connection {
    kj::AutoCloseFd fd;
    kj::UnixEventPort::FdObserver observer;
    Connection(kj::UnixEventPort& port, kj::AutoCloseFd socket);
  };

  kj::UnixEventPort& port;
  kj::Timer& timer;
  Dial dial;
  kj::Function<void()> drained;
  kj::Maybe<kj::Own<Connection>> connection;
  kj::Own<kj::PromiseFulfiller<void>> hangUp;  // ends this connection's life
  bool proven = false;                         // it has answered since it was dialled
  bool saidAway = false;
  kj::TimePoint awaySince;
  kj::TimePoint lastProgress;
  std::deque<Waiting> waiting[URGENCIES];
  std::deque<Waiting> sent;
  kj::Array<capnp::word> buffer;
  kj::AutoCloseFd descriptor;
  Counters counts;
  bool watching = false;
  kj::TaskSet tasks;  // last: destroyed first, before what its tasks use

  kj::Promise<void> oneLife();
  void lifeEnded();
  kj::Promise<void> receive(Connection& from);
  bool drain(Connection& from);
  ssize_t receiveOne(int from);
  void deliver(size_t bytes);
  void pump();
  bool sendOne(Connection& to, const ReaderQuestion& question);
  void watch();
  void checkTime();
  kj::Duration patience() const;
  void expireWaiting();
  void giveUp(NoAnswer why);
  bool idle() const;
  void taskFailed(kj::Exception&& e) override;
};

}  // namespace portreeve::attributor
