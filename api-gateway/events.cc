// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/events.h"

#include "api-gateway/json.h"

namespace portreeve::gateway {
namespace {

constexpr auto GREETING = "retry: 3000\n: connected\n\n"_kj;
constexpr auto ALIVE = ": still here\n\n"_kj;

kj::String ended(kj::StringPtr reason) {
  return kj::str("event: ended\ndata: {\"reason\":", quoted(reason), "}\n\n");
}

class Sink final : public proto::ConnectionSink::Server {
public:
  explicit Sink(kj::Own<EventQueue> queue) : queue(kj::mv(queue)) {}
  // Policy lets go of it when it dies, which is how this side learns of it at once.
  ~Sink() noexcept(false) { queue->close(); }

  kj::Promise<void> connections(ConnectionsContext context) override {
    for (auto connection : context.getParams().getChanged()) queue->add(connection);
    return kj::READY_NOW;
  }

  kj::Promise<void> missed(MissedContext context) override {
    queue->missed(context.getParams().getCount());
    return kj::READY_NOW;
  }

private:
  kj::Own<EventQueue> queue;
};

class Stream {
public:
  Stream(Follower follower, kj::Own<kj::AsyncOutputStream> out, SessionStore& sessions,
         kj::Timer& timer)
      : follower(kj::mv(follower)), out(kj::mv(out)), sessions(sessions), timer(timer) {}

  kj::Promise<void> run() {
    auto gone = out->whenWriteDisconnected();
    return write(kj::str(GREETING)).then([this]() { return passOn(); }).exclusiveJoin(kj::mv(gone));
  }

private:
  Follower follower;
  kj::Own<kj::AsyncOutputStream> out;
  SessionStore& sessions;
  kj::Timer& timer;

  kj::Promise<void> passOn() {
    return follower.queue->onChange().exclusiveJoin(timer.afterDelay(HEARTBEAT)).then([this]() {
      return writeWhatThereIs();
    });
  }

  kj::Promise<void> writeWhatThereIs() {
    if (follower.session->ended()) return write(ended("This session has ended."));
    sessions.keepAlive(*follower.session);
    auto text = follower.queue->take();
    if (text.size() > 0) return write(kj::mv(text)).then([this]() { return passOn(); });
    if (follower.queue->closed()) return write(ended("The policy process has ended this stream."));
    return write(kj::str(ALIVE)).then([this]() { return passOn(); });
  }

  kj::Promise<void> write(kj::String text) {
    auto written = out->write(text.begin(), text.size());
    return timer.timeoutAfter(EVENT_WRITE_TIME, kj::mv(written)).attach(kj::mv(text));
  }
};

}  // namespace

kj::Promise<Follower> follow(kj::Own<Session> session, const ConnectionQuery& query) {
  auto queue = kj::refcounted<EventQueue>();
  auto request = session->observer.followRequest();
  query.to(request.initFilter());
  request.setSink(kj::heap<Sink>(kj::addRef(*queue)));
  return request.send().then(
      [session = kj::mv(session), queue = kj::mv(queue)](auto&& answer) mutable {
        return Follower{kj::mv(session), kj::mv(queue), answer.getSubscription()};
      });
}

kj::Promise<void> streamEvents(Follower follower, kj::Own<kj::AsyncOutputStream> out,
                               SessionStore& sessions, kj::Timer& timer) {
  auto stream = kj::heap<Stream>(kj::mv(follower), kj::mv(out), sessions, timer);
  auto running = stream->run();
  return running.attach(kj::mv(stream));
}

}  // namespace portreeve::gateway
