// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/event-hub.h"

#include "common/clock.h"
#include "common/log.h"

namespace portreeve::gateway {

class EventHub::Sink final : public proto::ConnectionSink::Server {
public:
  explicit Sink(kj::Own<EventLog> log) : log(kj::mv(log)) {}
  // Policy lets go of it when it dies, which is how this side learns of it at once.
  ~Sink() noexcept(false) { log->close(); }

  kj::Promise<void> connections(ConnectionsContext context) override {
    for (auto connection : context.getParams().getChanged()) log->add(connection);
    return kj::READY_NOW;
  }

  kj::Promise<void> missed(MissedContext context) override {
    log->missed(context.getParams().getCount());
    return kj::READY_NOW;
  }

private:
  kj::Own<EventLog> log;
};

EventHub::~EventHub() noexcept(false) {}

kj::Promise<EventHub::Joined> EventHub::join(Session& session) {
  auto follower = kj::heap<Follower>(*this);  // from now on: nobody ends the stream meanwhile
  KJ_IF_MAYBE (current, stream) {
    if ((*current)->log->closed()) stream = nullptr;
  }
  Stream* joined;
  KJ_IF_MAYBE (current, stream)
    joined = current->get();
  else
    joined = &start(session);
  auto log = kj::addRef(*joined->log);
  return joined->started.addBranch().then(
      [follower = kj::mv(follower), log = kj::mv(log)]() mutable {
        return Joined{kj::mv(follower), kj::mv(log)};
      });
}

EventHub::Stream& EventHub::start(Session& session) {
  auto log = kj::refcounted<EventLog>(kj::str(kj::hex(wallNs()), '.', ++streams));
  auto request = session.observer.followRequest();
  request.setSink(kj::heap<Sink>(kj::addRef(*log)));
  auto& fresh = *stream.emplace(
      kj::heap<Stream>(Stream{kj::mv(log), kj::Promise<void>(kj::READY_NOW).fork(), nullptr}));
  fresh.started =
      request.send()
          .then([&fresh](auto&& answer) { fresh.subscription = answer.getSubscription(); },
                [&fresh](kj::Exception&& e) {
                  fresh.log->close();  // the next to come tries anew
                  kj::throwFatalException(kj::mv(e));
                })
          .fork();
  return fresh;
}

void EventHub::leave() {
  followers--;
  if (followers > 0) return;
  lingering = timer.afterDelay(LINGER)
                  .then([this]() {
                    if (followers == 0) stream = nullptr;
                  })
                  .eagerlyEvaluate([](kj::Exception&& e) { log::exception("the live stream", e); });
}

}  // namespace portreeve::gateway
