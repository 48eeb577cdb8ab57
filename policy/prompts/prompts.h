// SPDX-License-Identifier: GPL-3.0-or-later
// Asking people: the questions, the packets that wait for an answer, and what becomes of both.
//
// A packet that is asked about stays in the kernel: the interceptor is told to let it wait on,
// again and again, until an answer, a rule or the end of its time decides it. While nobody is there
// who may answer, and for a while after nobody did, what `policy.unanswered` says holds at once;
// the question stays. Questions, answers for once and who was there are kept in the state folder,
// so that a new policy goes on where this one stopped; every other daemon may go and come back
// meanwhile: what waits is told by its packet's id, else by its tuple and program.
#pragma once

#include "common/settings.h"
#include "policy/deciding.h"
#include "policy/durable-folder.h"
#include "policy/prompts/answer.h"
#include "policy/prompts/asking.h"
#include "policy/prompts/held-packets.h"
#include "policy/prompts/once-answers.h"
#include "policy/prompts/prompt-watchers.h"
#include "policy/prompts/question-table.h"
#include "policy/saved-soon.h"
#include "policy/settle-arrow.h"

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>

#include <cstdint>
#include <map>

namespace portreeve::policy {

class Prompts final : public Asking,
                      public PromptWatchers::Source,
                      private kj::TaskSet::ErrorHandler {
public:
  static constexpr uint64_t DEFAULT_HOLDS_NS = 300'000'000'000;  // after nobody answered in time
  static constexpr kj::StringPtr FILE_NAME = "prompts.toml"_kj;

  struct Parts {
    // All outlive it.
    kj::Timer& timer;
    Deciding& deciding;
    Settler& settler;
    const UserNames& users;
    DurableFolder& state;
    const Settings::PolicyTable& settings;
    uint32_t timeoutMs;                        // the interceptor's
    kj::Function<DefaultAction()> unanswered;  // what holds while nobody answers, just now
    kj::Function<kj::Promise<kj::String>(kj::StringPtr toml, kj::StringPtr who)> addRule;
    // The name of the rule, in force when it resolves.
    kj::Function<void(Arrival&&)> resume;  // Judge::resume
  };
  struct Counters {
    uint64_t asked = 0;       // connections
    uint64_t answered = 0;    // questions
    uint64_t unanswered = 0;  // packets for which the default held: nobody there, or none in time
    uint64_t tooMany = 0;     // of these: because too many waited
    uint64_t forgotten = 0;   // questions
  };

  explicit Prompts(Parts parts);
  // Before the sandbox: reads which boot this is.
  ~Prompts() noexcept(false);
  KJ_DISALLOW_COPY(Prompts);

  void restore();
  // From the state folder. A file that is not what was written there is set aside and said.

  bool holds(const Arrival& arrival) override;
  bool ask(Flow& flow, Arrival& arrival) override;
  void rulesChanged(bool forAWhile = false);
  // Others are in force: what waits may be decided by them. forAWhile: by a mode, which answers no
  // question.

  struct Answered {
    kj::String rule;
    uint32_t settled = 0;
    kj::Vector<double> alsoClosed;
  };
  kj::Promise<Answered> answer(uint64_t id, Answer answer, const Viewer& who);
  // Throws FAILED in words. `who` outlives the promise.
  void dismiss(uint64_t id, const Viewer& who);
  PromptWatchers& watchers() { return watching; }

  using OnClosed = kj::Function<void(const Question&, const Closed&)>;
  void onClosed(OnClosed told) { closedTo = kj::mv(told); }
  using OnAsked = kj::Function<void(const Question&)>;
  void onAsked(OnAsked told) { askedTo = kj::mv(told); }  // one that is new

  const Counters& counters() const { return counts; }
  size_t pending() const { return questions.size(); }
  size_t waiting() const { return held.size(); }

  // PromptWatchers::Source
  const Question* find(uint64_t id) const override;
  kj::Vector<uint64_t> ids() const override { return questions.ids(); }
  void fill(proto::Prompt::Builder view, const Question& question,
            const Viewer& viewer) const override;
  void presenceChanged() override;

private:
  mutable Parts parts;
  kj::String boot;
  mutable QuestionTable questions;
  OnceAnswers once;
  PromptWatchers watching;
  HeldPackets held;
  Counters counts;
  kj::Maybe<OnClosed> closedTo;
  kj::Maybe<OnAsked> askedTo;
  std::map<uint64_t, kj::String> beingAnswered;  // question: by whom
  uint64_t resumed = 0;                          // packets
  bool ticking = false;
  SavedSoon saved;
  kj::TaskSet tasks;  // last: destroyed first

  uint64_t nowNs() const;  // by the timer
  bool useDefault(Flow& flow);
  Question* questionFor(const Flow& flow, bool ofReceiver, uint64_t nowWallNs);
  bool holdsDefault(const Question& question, uint64_t nowNs) const;
  kj::Promise<void> tick();
  void endWaits();
  void resume(kj::Vector<Arrival> arrivals);
  Question& require(uint64_t id, const Viewer& who);
  void answerOnce(Question& question, const Answer& answer, const Viewer& who);
  kj::Promise<kj::String> answerByRule(const Question& question, const Answer& answer,
                                       const Viewer& who);
  void close(uint64_t id, Closed how);
  void taskFailed(kj::Exception&& e) override;
};

proto::Prompts::Client makePrompts(Prompts& prompts, Viewer viewer);
// What one viewer may do. `prompts` outlives it.

}  // namespace portreeve::policy
