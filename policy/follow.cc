// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/follow.h"

#include "common/log.h"
#include "policy/connection-view.h"

#include <kj/debug.h>

#include <deque>
#include <unordered_set>

namespace portreeve::policy {

class Followers::Follower final : public proto::Subscription::Server {
public:
  Follower(Followers& followers, proto::ConnectionFilter::Reader wanted,
           proto::ConnectionSink::Client sink)
      : followers(followers), filter(wanted), sink(kj::mv(sink)) {
    if (filter.afterId() != 0) queueOlder();
  }

  ~Follower() noexcept(false) {
    KJ_IF_MAYBE (still, followers) still->remove(*this);
  }

  void flowChanged(const Flow& flow) {
    if (ended || !filter.matchesChange(flow)) return;
    // In the queue already: it is looked up when it is sent, with all that happened to it by then.
    if (waiting.count(flow.id) != 0) return;
    if (queue.size() >= QUEUE)
      missed++;
    else
      push(flow.id);
    start();
  }

  void orphan() {
    followers = nullptr;
    stop();
  }

private:
  kj::Maybe<Followers&> followers;  // nullptr: policy is going
  ConnectionFilter filter;
  proto::ConnectionSink::Client sink;
  std::deque<uint64_t> queue;
  std::unordered_set<uint64_t> waiting;  // the same
  uint64_t missed = 0;
  bool sending = false;
  bool ended = false;
  kj::Promise<void> task = nullptr;

  void push(uint64_t id) {
    queue.push_back(id);
    waiting.insert(id);
  }

  uint64_t pop() {
    uint64_t id = queue.front();
    queue.pop_front();
    waiting.erase(id);
    return id;
  }

  void queueOlder() {
    size_t room = kj::min(size_t(filter.limit()), QUEUE);
    std::deque<uint64_t> newest;
    KJ_ASSERT_NONNULL(followers).flows.newestFirst([&](const Flow& flow) {
      if (filter.matches(flow)) newest.push_front(flow.id);
      return flow.id > filter.afterId() && newest.size() < room;
    });
    for (uint64_t id : newest) push(id);
    if (!queue.empty()) start();
  }

  void start() {
    if (sending || ended) return;
    sending = true;
    task = kj::evalLater([this]() { return send(); }).eagerlyEvaluate([this](kj::Exception&& e) {
      // Whoever follows has gone; its subscription goes with its connection.
      if (e.getType() != kj::Exception::Type::DISCONNECTED)
        log::exception("telling a follower of connections", e);
      stop();
    });
  }

  void stop() {
    ended = true;
    queue.clear();
    waiting.clear();
  }

  kj::Promise<void> send() {
    if (ended || (queue.empty() && missed == 0)) {
      sending = false;
      return kj::READY_NOW;
    }
    return sendMissed().then([this]() { return sendBatch(); }).then([this]() { return pause(); });
  }

  kj::Promise<void> pause() {
    KJ_IF_MAYBE (still, followers)
      return still->timer.afterDelay(PAUSE).then([this]() { return send(); });
    return kj::READY_NOW;
  }

  kj::Promise<void> sendMissed() {
    if (missed == 0) return kj::READY_NOW;
    auto request = sink.missedRequest();
    request.setCount(missed);
    missed = 0;
    return request.send().ignoreResult();
  }

  kj::Promise<void> sendBatch() {
    KJ_IF_MAYBE (still, followers) {
      auto batch = take(still->flows);
      if (batch.empty()) return kj::READY_NOW;
      auto request = sink.connectionsRequest();
      auto changed = request.initChanged(uint(batch.size()));
      for (uint i = 0; i < changed.size(); i++) fill(changed[i], *batch[i], still->users);
      return request.send();
    }
    return kj::READY_NOW;
  }

  kj::Vector<const Flow*> take(const FlowTable& flows) {
    kj::Vector<const Flow*> batch;
    while (!queue.empty() && batch.size() < BATCH) {
      const Flow* flow = flows.find(pop());
      if (flow == nullptr)
        missed++;  // forgotten before its turn came
      else
        batch.add(flow);
    }
    return batch;
  }
};

Followers::Followers(FlowTable& flows, const UserNames& users, kj::Timer& timer)
    : flows(flows), users(users), timer(timer) {
  flows.observe(*this);
}

Followers::~Followers() noexcept(false) {
  flows.stopObserving(*this);
  for (auto follower : all) follower->orphan();
}

proto::Subscription::Client Followers::add(proto::ConnectionFilter::Reader filter,
                                           proto::ConnectionSink::Client sink) {
  if (all.size() >= MOST)
    kj::throwFatalException(
        kj::Exception(kj::Exception::Type::OVERLOADED, __FILE__, __LINE__,
                      kj::str("too many follow already (", MOST, "): end another one first")));
  auto follower = kj::heap<Follower>(*this, filter, kj::mv(sink));
  all.add(follower.get());
  return kj::mv(follower);
}

void Followers::flowChanged(const Flow& flow) {
  for (auto follower : all) follower->flowChanged(flow);
}

void Followers::remove(Follower& gone) {
  for (auto& follower : all) {
    if (follower != &gone) continue;
    follower = all.back();
    all.removeLast();
    return;
  }
}

}  // namespace portreeve::policy
