// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompt-watchers.h"

#include "common/log.h"

#include <kj/debug.h>

#include <deque>
#include <unordered_set>

namespace portreeve::policy {
namespace {

kj::Vector<int64_t> keysOf(const Viewer& viewer) {
  kj::Vector<int64_t> keys;
  if (viewer.answersAll) keys.add(PromptWatchers::ALL);
  if (viewer.answersOwn) keys.add(int64_t(viewer.uid));
  return keys;
}

Closed copyOf(const Closed& closed) {
  return {closed.id,
          closed.how,
          kj::str(closed.action),
          kj::str(closed.lifetime),
          kj::str(closed.scope),
          kj::str(closed.rule),
          kj::str(closed.who)};
}

uint64_t nowNs(kj::Timer& timer) {
  return uint64_t((timer.now() - kj::origin<kj::TimePoint>()) / kj::NANOSECONDS);
}

[[noreturn]] void refuse(kj::String words) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::OVERLOADED, __FILE__, __LINE__, kj::mv(words)));
}

}  // namespace

class PromptWatchers::Watcher final : public proto::PromptSubscription::Server {
public:
  Watcher(PromptWatchers& watchers, const Viewer& from, proto::PromptSink::Client sink,
          bool present)
      : viewer{from.uid, from.seesAll, from.answersAll, from.answersOwn, kj::str(from.who)},
        present(present),
        watchers(watchers),
        sink(kj::mv(sink)) {
    for (auto id : watchers.source.ids()) push(id);
    start();
  }

  ~Watcher() noexcept(false) {
    KJ_IF_MAYBE (still, watchers) still->remove(*this);
  }

  const Viewer viewer;
  const bool present;

  void changed(const Question& question) {
    if (ended || !viewer.sees(question)) return;
    push(question.id);
    start();
  }

  void told(const Question& question, const Closed& how) {
    if (ended || !viewer.sees(question)) return;
    if (gone.size() >= MOST_CLOSED)
      missed = true;
    else
      gone.push_back(copyOf(how));
    start();
  }

  void orphan() {
    watchers = nullptr;
    stop();
  }

private:
  kj::Maybe<PromptWatchers&> watchers;  // nullptr: policy is going
  proto::PromptSink::Client sink;
  std::deque<uint64_t> queue;  // no longer than there are questions, and some that are gone
  std::unordered_set<uint64_t> waiting;
  std::deque<Closed> gone;
  bool missed = false;
  bool sending = false;
  bool ended = false;
  kj::Promise<void> task = nullptr;

  void push(uint64_t id) {
    if (waiting.insert(id).second) queue.push_back(id);
  }

  void start() {
    if (sending || ended) return;
    sending = true;
    task = kj::evalLater([this]() { return send(); }).eagerlyEvaluate([this](kj::Exception&& e) {
      // Whoever watches has gone; its subscription goes with its connection.
      if (e.getType() != kj::Exception::Type::DISCONNECTED)
        log::exception("telling somebody of questions", e);
      stop();
    });
  }

  void stop() {
    ended = true;
    queue.clear();
    waiting.clear();
    gone.clear();
  }

  kj::Promise<void> send() {
    if (ended || (queue.empty() && gone.empty() && !missed)) {
      sending = false;
      return kj::READY_NOW;
    }
    return sendMissed()
        .then([this]() { return sendChanged(); })
        .then([this]() { return sendGone(); })
        .then([this]() { return pause(); });
  }

  kj::Promise<void> pause() {
    KJ_IF_MAYBE (still, watchers)
      return still->timer.afterDelay(PAUSE).then([this]() { return send(); });
    return kj::READY_NOW;
  }

  kj::Promise<void> sendMissed() {
    if (!missed) return kj::READY_NOW;
    missed = false;
    return sink.missedRequest().send().ignoreResult();
  }

  kj::Promise<void> sendChanged() {
    KJ_IF_MAYBE (still, watchers) {
      kj::Vector<const Question*> batch;
      while (!queue.empty() && batch.size() < BATCH) {
        auto* question = still->source.find(queue.front());
        waiting.erase(queue.front());
        queue.pop_front();
        if (question != nullptr && viewer.sees(*question)) batch.add(question);
      }
      if (batch.empty()) return kj::READY_NOW;
      auto request = sink.promptsRequest();
      auto list = request.initChanged(uint(batch.size()));
      for (uint i = 0; i < list.size(); i++) still->source.fill(list[i], *batch[i], viewer);
      return request.send();
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> sendGone() {
    // What is still in the queue was not told: nobody has to hear of its end before it.
    size_t count = kj::min(gone.size(), BATCH);
    if (ended || count == 0) return kj::READY_NOW;
    auto request = sink.closedRequest();
    auto list = request.initClosed(uint(count));
    for (uint i = 0; i < count; i++) {
      fill(list[i], gone.front());
      gone.pop_front();
    }
    return request.send();
  }
};

bool PromptWatchers::Presence::good(uint64_t nowNs) const {
  if (count > 0) return true;
  KJ_IF_MAYBE (last, lastNs) return *last + STAYS_NS > nowNs;
  return false;
}

PromptWatchers::PromptWatchers(Source& source, kj::Timer& timer) : source(source), timer(timer) {}

PromptWatchers::~PromptWatchers() noexcept(false) {
  for (auto watcher : all) watcher->orphan();
}

proto::PromptSubscription::Client PromptWatchers::add(const Viewer& viewer,
                                                      proto::PromptSink::Client sink,
                                                      bool present) {
  size_t ofUid = 0;
  for (auto watcher : all) ofUid += watcher->viewer.uid == viewer.uid;
  if (all.size() >= MOST)
    refuse(kj::str("too many watch the questions already (", MOST, "): end another one first"));
  if (ofUid >= MOST_OF_UID)
    refuse(kj::str("uid ", viewer.uid, " watches the questions ", MOST_OF_UID,
                   " times already: end another one first"));
  auto watcher = kj::heap<Watcher>(*this, viewer, kj::mv(sink), present);
  all.add(watcher.get());
  if (present) come(viewer);
  return kj::mv(watcher);
}

void PromptWatchers::changed(const Question& question) {
  for (auto watcher : all) watcher->changed(question);
}

void PromptWatchers::closed(const Question& question, const Closed& how) {
  for (auto watcher : all) watcher->told(question, how);
}

void PromptWatchers::come(const Viewer& viewer) {
  for (auto key : keysOf(viewer)) presences[key].count++;
  source.presenceChanged();
}

void PromptWatchers::go(const Viewer& viewer) {
  for (auto key : keysOf(viewer)) {
    presences[key].count--;
    presences[key].lastNs = nowNs(timer);
  }
  source.presenceChanged();
}

void PromptWatchers::remove(Watcher& gone) {
  for (auto& watcher : all) {
    if (watcher != &gone) continue;
    watcher = all.back();
    all.removeLast();
    break;
  }
  if (gone.present) go(gone.viewer);
}

bool PromptWatchers::somebodyFor(const Question& question, uint64_t nowNs) const {
  auto there = [&](int64_t key) {
    auto found = presences.find(key);
    return found != presences.end() && found->second.good(nowNs);
  };
  if (there(ALL)) return true;
  KJ_IF_MAYBE (owner, question.owner()) return isPerson(*owner) && there(int64_t(*owner));
  return false;
}

kj::Vector<int64_t> PromptWatchers::present(uint64_t nowNs) const {
  kj::Vector<int64_t> keys;
  for (auto& [key, presence] : presences)
    if (presence.good(nowNs)) keys.add(key);
  return keys;
}

void PromptWatchers::restorePresence(kj::ArrayPtr<const int64_t> before, uint64_t nowNs) {
  for (auto key : before) presences[key].lastNs = nowNs;
}

void fill(proto::PromptClosed::Builder view, const Closed& closed) {
  view.setId(double(closed.id));
  view.setHow(closed.how);
  view.setAction(closed.action);
  view.setLifetime(closed.lifetime);
  view.setScope(closed.scope);
  view.setRule(closed.rule);
  view.setWho(closed.who);
}

}  // namespace portreeve::policy
