// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/live-stream.h"

#include "common/log.h"

namespace portreeve::gateway {
namespace {

constexpr uint16_t NORMAL = 1000, PROTOCOL_ERROR = 1002, POLICY_VIOLATION = 1008;

class Output {
public:
  virtual kj::Promise<void> write(kj::String text) = 0;  // one at a time
  virtual kj::Promise<void> finish() = 0;                // after the last one
  virtual kj::Promise<void> whenGone() = 0;              // rejects or resolves; asked for once
  virtual ~Output() noexcept(false) = default;
};

class ServerSent final : public Output {
public:
  explicit ServerSent(kj::Own<kj::AsyncOutputStream> out) : out(kj::mv(out)) {}

  kj::Promise<void> write(kj::String text) override {
    auto written = out->write(text.begin(), text.size());
    return written.attach(kj::mv(text));
  }
  kj::Promise<void> finish() override { return kj::READY_NOW; }
  kj::Promise<void> whenGone() override { return out->whenWriteDisconnected(); }

private:
  kj::Own<kj::AsyncOutputStream> out;
};

class Messages final : public Output {
public:
  Messages(kj::Own<kj::WebSocket> socket, kj::Timer& timer)
      : socket(kj::mv(socket)), timer(timer) {}

  kj::Promise<void> write(kj::String text) override {
    if (closing) return kj::NEVER_DONE;  // whenGone() ends it
    auto bytes = text.asArray();
    busy = true;
    return socket->send(bytes).attach(kj::mv(text)).then([this]() { busy = false; });
  }

  kj::Promise<void> finish() override {
    return close(NORMAL, ""_kj).then([this]() {
      return socket->receive(MAX_CLIENT_MESSAGE)
          .ignoreResult()
          .exclusiveJoin(timer.afterDelay(GOODBYE_TIME));
    });
  }

  kj::Promise<void> whenGone() override {
    return socket->receive(MAX_CLIENT_MESSAGE)
        .then(
            [this](kj::WebSocket::Message&& message) -> kj::Promise<void> {
              if (message.is<kj::WebSocket::Close>()) return close(NORMAL, ""_kj);
              return close(POLICY_VIOLATION, "This stream takes no messages."_kj);
            },
            [this](kj::Exception&& e) -> kj::Promise<void> {
              log::debug(kj::str("a WebSocket: ", e.getDescription()));
              if (e.getType() == kj::Exception::Type::DISCONNECTED) return kj::READY_NOW;
              return close(PROTOCOL_ERROR, "These frames cannot be read."_kj);
            });
  }

private:
  kj::Own<kj::WebSocket> socket;
  kj::Timer& timer;
  bool busy = false, closing = false;

  kj::Promise<void> close(uint16_t code, kj::StringPtr reason) {
    if (busy) return kj::READY_NOW;  // in the middle of a message: there is no way to say it
    closing = true;
    return timer.timeoutAfter(GOODBYE_TIME, socket->close(code, reason));
  }
};

class Writer {
public:
  Writer(LiveStream stream, kj::Own<Output> out) : stream(kj::mv(stream)), out(kj::mv(out)) {}

  kj::Promise<void> run() {
    auto gone = out->whenGone();
    return passOn()
        .then([]() { return true; })
        .exclusiveJoin(gone.then([]() { return false; }))
        .then([this](bool inOrder) {
          return inOrder ? out->finish() : kj::Promise<void>(kj::READY_NOW);
        });
  }

private:
  LiveStream stream;
  kj::Own<Output> out;
  kj::TimePoint lastWritten = kj::origin<kj::TimePoint>() - GATHER;

  kj::Promise<void> passOn() {
    auto alive = stream.timer.afterDelay(HEARTBEAT);
    return stream.cursor.onChange()
        .exclusiveJoin(stream.prompts->onChange())
        .exclusiveJoin(kj::mv(alive))
        .then([this]() { return gathered(); })
        .then([this]() { return writeWhatThereIs(); });
  }

  kj::Promise<void> gathered() {
    auto rest = lastWritten + GATHER - stream.timer.now();
    if (rest <= 0 * kj::SECONDS) return kj::READY_NOW;
    return stream.timer.afterDelay(rest);
  }

  kj::Promise<void> writeWhatThereIs() {
    auto& cursor = stream.cursor;
    if (stream.session->ended()) return write(cursor.ended("This session has ended."));
    stream.sessions.keepAlive(*stream.session);
    auto text = cursor.take(stream.prompts->take());
    if (text.size() > 0) return write(kj::mv(text)).then([this]() { return passOn(); });
    if (cursor.atEnd()) return write(cursor.ended("The policy process has ended this stream."));
    return write(cursor.alive()).then([this]() { return passOn(); });
  }

  kj::Promise<void> write(kj::String text) {
    lastWritten = stream.timer.now();
    return stream.timer.timeoutAfter(EVENT_WRITE_TIME, out->write(kj::mv(text)));
  }
};

kj::Promise<void> run(LiveStream stream, kj::Own<Output> out) {
  auto writer = kj::heap<Writer>(kj::mv(stream), kj::mv(out));
  auto running = writer->run();
  return running.attach(kj::mv(writer));
}

}  // namespace

kj::Promise<void> sendEvents(LiveStream stream, kj::Own<kj::AsyncOutputStream> out) {
  return run(kj::mv(stream), kj::heap<ServerSent>(kj::mv(out)));
}

kj::Promise<void> sendEvents(LiveStream stream, kj::Own<kj::WebSocket> socket) {
  auto& timer = stream.timer;
  return run(kj::mv(stream), kj::heap<Messages>(kj::mv(socket), timer));
}

}  // namespace portreeve::gateway
