// SPDX-License-Identifier: GPL-3.0-or-later
// Those who watch the open questions, and with that: who is there to answer. Each has a bounded
// queue of questions that changed, each in it once however often it changes; one that is too slow
// is told to look again. Nothing waits for a watcher.
#pragma once

#include "policy/prompts/viewer.h"
#include "proto/prompt.capnp.h"

#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>
#include <map>

namespace portreeve::policy {

struct Closed {
  // How a question ended (proto/prompt.capnp, PromptClosed).
  uint64_t id = 0;
  kj::StringPtr how;
  kj::String action, lifetime, scope, rule, who;
};

class PromptWatchers {
public:
  static constexpr size_t MOST = 320;
  static constexpr size_t MOST_OF_UID = 32;
  static constexpr size_t BATCH = 64;                           // questions in one message
  static constexpr size_t MOST_CLOSED = 1024;                   // that wait to be told
  static constexpr kj::Duration PAUSE = 50 * kj::MILLISECONDS;  // between two messages
  static constexpr uint64_t STAYS_NS = 30'000'000'000;
  // Whoever was there counts so much longer: a program that dials anew, a page that is loaded
  // again.

  class Source {
    // Where the questions are.
  public:
    virtual const Question* find(uint64_t id) const = 0;
    virtual kj::Vector<uint64_t> ids() const = 0;
    virtual void fill(proto::Prompt::Builder view, const Question& question,
                      const Viewer& viewer) const = 0;
    virtual void presenceChanged() = 0;

  protected:
    ~Source() noexcept(false) = default;
  };

  PromptWatchers(Source& source, kj::Timer& timer);
  ~PromptWatchers() noexcept(false);
  KJ_DISALLOW_COPY(PromptWatchers);

  proto::PromptSubscription::Client add(const Viewer& viewer, proto::PromptSink::Client sink,
                                        bool present);
  // Throws OVERLOADED when there are too many.

  void changed(const Question& question);
  void closed(const Question& question, const Closed& how);

  bool somebodyFor(const Question& question, uint64_t nowNs) const;  // by the timer, as all here
  // Somebody who may answer it is there.

  kj::Vector<int64_t> present(uint64_t nowNs) const;
  // The uids of those who are there to answer for their own processes; ALL: for everybody's.
  void restorePresence(kj::ArrayPtr<const int64_t> before, uint64_t nowNs);
  // They were there just before policy was started anew, and will dial again.
  static constexpr int64_t ALL = -1;

  size_t count() const { return all.size(); }

private:
  class Watcher;
  struct Presence {
    size_t count = 0;
    kj::Maybe<uint64_t> lastNs;  // when the last of them went
    bool good(uint64_t nowNs) const;
  };

  Source& source;
  kj::Timer& timer;
  kj::Vector<Watcher*> all;
  std::map<int64_t, Presence> presences;

  void come(const Viewer& viewer);
  void go(const Viewer& viewer);
  void remove(Watcher& watcher);
};

void fill(proto::PromptClosed::Builder view, const Closed& closed);

}  // namespace portreeve::policy
