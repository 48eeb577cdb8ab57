// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/prompt-feed.h"

#include "api-gateway/json.h"
#include "common/log.h"

namespace portreeve::gateway {
namespace {

class Sink final : public proto::PromptSink::Server {
public:
  explicit Sink(kj::Own<PromptFeed::Queue> feed) : feed(kj::mv(feed)) {}

  kj::Promise<void> prompts(PromptsContext context) override {
    for (auto prompt : context.getParams().getChanged()) feed->push("prompt"_kj, toJson(prompt));
    return kj::READY_NOW;
  }
  kj::Promise<void> closed(ClosedContext context) override {
    for (auto closed : context.getParams().getClosed())
      feed->push("prompt_closed"_kj, toJson(closed));
    return kj::READY_NOW;
  }
  kj::Promise<void> missed(MissedContext context) override {
    feed->push("prompts_missed"_kj, kj::str("{}"));
    return kj::READY_NOW;
  }

private:
  kj::Own<PromptFeed::Queue> feed;
};

}  // namespace

kj::Own<PromptFeed> PromptFeed::watch(Session& session, bool present) {
  auto feed = kj::heap<PromptFeed>();
  if (session.role < SessionRole::ANSWER) return feed;
  auto request = session.prompts.watchRequest();
  request.setSink(kj::heap<Sink>(kj::addRef(*feed->queue)));
  request.setPresent(present);
  auto& fresh = *feed;
  feed->asking =
      request.send()
          .then([&fresh](auto&& answer) { fresh.subscription = answer.getSubscription(); })
          .eagerlyEvaluate([&fresh](kj::Exception&& e) {
            log::debug(kj::str("watching questions: ", e.getDescription()));
            fresh.queue->push("prompts_missed"_kj, kj::str("{}"));
          });
  return feed;
}

void PromptFeed::Queue::push(kj::StringPtr type, kj::String data) {
  if (events.size() >= MOST) {
    events.clear();
    events.add(Event{"prompts_missed"_kj, kj::str("{}")});
  }
  events.add(Event{type, kj::mv(data)});
  KJ_IF_MAYBE (fulfiller, waiting) (*fulfiller)->fulfill();
  waiting = nullptr;
}

kj::Vector<PromptFeed::Event> PromptFeed::Queue::take() {
  auto taken = kj::mv(events);
  events = {};
  return taken;
}

kj::Promise<void> PromptFeed::Queue::onChange() {
  if (!events.empty()) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting = kj::mv(paf.fulfiller);
  return kj::mv(paf.promise);
}

}  // namespace portreeve::gateway
