// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/prompts/prompts.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/failure.h"
#include "policy/prompts/prompts-file.h"
#include "policy/suite-start.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

using proto::Verdict;
using rules::ProcessKind;

constexpr auto BEFORE_SAVING = 20 * kj::MILLISECONDS;

bool isSomebody(const Flow& flow, bool ofReceiver) {
  // The kernel, and packets that no socket waits for: there is nobody to ask about. What comes in
  // for somebody unknown could be anything that the network throws at us.
  switch (subjectOf(flow, ofReceiver).program->kind) {
    case ProcessKind::KERNEL:
    case ProcessKind::NO_SOCKET:
      return false;
    case ProcessKind::UNKNOWN:
      return flow.direction == rules::Direction::OUT;
    default:
      return true;
  }
}

Verdict verdictOf(DefaultAction unanswered) {
  switch (unanswered) {
    case DefaultAction::ALLOW:
      return Verdict::ACCEPT;
    case DefaultAction::DROP:
      return Verdict::DROP_ONCE;
    default:
      return Verdict::BLOCK_ONCE;
  }
}

Closed ended(kj::StringPtr how, kj::StringPtr rule = nullptr, kj::StringPtr who = nullptr) {
  return {0, how, kj::String(), kj::String(), kj::String(), kj::str(rule), kj::str(who)};
}

Closed answeredBy(const Answer& answer, kj::StringPtr rule, kj::StringPtr who) {
  return {0,
          "answered",
          kj::str(answer.action()),
          answer.lifetimeText(),
          kj::str(answer.scopeText()),
          kj::str(rule),
          kj::str(who)};
}

}  // namespace

Prompts::Prompts(Parts parts)
    : parts(kj::mv(parts)),
      boot(bootId()),
      questions([this](const Question& question) { return held.countOf(question.id) > 0; },
                [this](const Question& question) {
                  counts.forgotten++;
                  auto how = ended("forgotten");
                  how.id = question.id;
                  watching.closed(question, how);
                  KJ_IF_MAYBE (tell, closedTo) (*tell)(question, how);
                }),
      watching(*this, this->parts.timer),
      held(this->parts.settler),
      saved(this->parts.timer, this->parts.state, FILE_NAME, BEFORE_SAVING,
            "keeping the questions for a restart",
            [this]() {
              once.forgetOld(wallNs());
              return promptsText(questions, once.all(), {kj::str(boot), watching.present(nowNs())});
            }),
      tasks(*this) {}

Prompts::~Prompts() noexcept(false) = default;

// Packets -----------------------------------------------------------------------------------------

bool Prompts::holds(const Arrival& arrival) {
  return held.knows(arrival);
}

bool Prompts::ask(Flow& flow, Arrival& arrival) {
  uint64_t now = nowNs(), wall = wallNs();
  bool ofReceiver = parts.deciding.receiverAsks(flow, wall);
  // The judgement of a known flow is not the question's.
  if (flow.judgement.verdict != Verdict::ASK) flow.judgement.verdict = Verdict::ASK;
  if (once.apply(flow, ofReceiver, wall)) {
    saved.changed();
    return false;
  }
  counts.asked++;
  if (!isSomebody(flow, ofReceiver)) return useDefault(flow);
  auto* question = questionFor(flow, ofReceiver, wall);
  if (question == nullptr || holdsDefault(*question, now)) return useDefault(flow);
  if (!held.hasRoomFor(flow, ofReceiver)) {
    counts.tooMany++;
    return useDefault(flow);
  }
  held.add({kj::mv(arrival), kj::mv(flow), ofReceiver, question->id, now});
  watching.changed(*question);
  if (!ticking) {
    ticking = true;
    tasks.add(tick());
  }
  return true;
}

Question* Prompts::questionFor(const Flow& flow, bool ofReceiver, uint64_t nowWallNs) {
  auto* question = questions.find(flow, ofReceiver);
  bool fresh = question == nullptr;
  if (fresh) question = questions.add(flow, ofReceiver, nowWallNs);
  if (question == nullptr) return nullptr;
  auto connections = question->connections, destinations = question->more.size();
  question->count(flow, nowWallNs);
  if (question->connections != connections) watching.changed(*question);
  if (fresh || question->more.size() != destinations) saved.changed();
  if (fresh) {
    KJ_IF_MAYBE (tell, askedTo) (*tell)(*question);
  }
  return question;
}

bool Prompts::holdsDefault(const Question& question, uint64_t nowNs) const {
  return question.defaultUntilNs > nowNs || !watching.somebodyFor(question, nowNs);
}

bool Prompts::useDefault(Flow& flow) {
  counts.unanswered++;
  auto action = parts.unanswered();
  flow.judgement.verdict = verdictOf(action);
  flow.judgement.origin =
      kj::str("unanswered = \"", toText(action), "\"; asked by ", flow.judgement.origin);
  return false;
}

kj::Promise<void> Prompts::tick() {
  auto third = parts.timeoutMs * kj::MILLISECONDS / 3;
  return parts.timer.afterDelay(third).then([this]() -> kj::Promise<void> {
    endWaits();
    held.renew();
    ticking = !held.empty();
    if (!ticking) return kj::READY_NOW;
    return tick();
  });
}

void Prompts::endWaits() {
  uint64_t now = nowNs();
  uint64_t longest = uint64_t(parts.settings.answerSeconds) * 1'000'000'000;
  held.forEach([&](const HeldPacket& packet) {
    if (packet.sinceNs + longest > now) return;
    if (auto* question = questions.find(packet.question))
      question->defaultUntilNs = now + DEFAULT_HOLDS_NS;
  });
  // Judged anew, each meets what holds now.
  resume(held.take([&](const HeldPacket& packet) {
    auto* question = questions.find(packet.question);
    return question == nullptr || holdsDefault(*question, now);
  }));
}

void Prompts::resume(kj::Vector<Arrival> arrivals) {
  resumed += arrivals.size();
  for (auto& arrival : arrivals) parts.resume(kj::mv(arrival));
}

void Prompts::rulesChanged(bool forAWhile) {
  uint64_t wall = wallNs();
  resume(held.take([&](const HeldPacket& packet) {
    return parts.deciding.decidedBy(packet.flow, wall) != nullptr;
  }));
  if (forAWhile) return;
  for (auto id : questions.ids()) {
    auto* question = questions.find(id);
    if (question == nullptr || beingAnswered.count(id) != 0 || held.countOf(id) > 0) continue;
    KJ_IF_MAYBE (rule, parts.deciding.decidedBy(question->flow, wall))
      close(id, ended("ruled", *rule));
  }
}

uint64_t Prompts::nowNs() const {
  return uint64_t((parts.timer.now() - kj::origin<kj::TimePoint>()) / kj::NANOSECONDS);
}

void Prompts::presenceChanged() {
  saved.changed();
}

// Answers -----------------------------------------------------------------------------------------

Question& Prompts::require(uint64_t id, const Viewer& who) {
  auto* question = questions.find(id);
  if (question == nullptr || !who.sees(*question))
    fail("there is no question ", id, " (any more): `portreeve ask --list` shows those there are");
  if (!who.answers(*question))
    fail("not entitled: question ", id,
         " is for the owner of that process, root and the group portreeve-admin to answer");
  auto other = beingAnswered.find(id);
  if (other != beingAnswered.end())
    fail("question ", id, " is just being answered by ", other->second);
  return *question;
}

kj::Promise<Prompts::Answered> Prompts::answer(uint64_t id, Answer answer, const Viewer& who) {
  auto& question = require(id, who);
  PossibleAnswers::to(question).require(answer);
  beingAnswered.emplace(id, kj::str(who.who));
  uint64_t before = resumed;
  auto openBefore = questions.ids();
  kj::Promise<kj::String> rule = kj::String();
  if (answer.lifetime == Lifetime::ONCE)
    answerOnce(question, answer, who);
  else
    rule = kj::evalNow([&]() { return answerByRule(question, answer, who); });
  return rule.attach(kj::defer([this, id]() { beingAnswered.erase(id); }))
      .then([this, id, before, answer = kj::mv(answer), &who,
             openBefore = kj::mv(openBefore)](kj::String name) mutable {
        counts.answered++;
        Answered done{kj::mv(name), uint32_t(resumed - before), {}};
        // Something else of it may wait that this answer is not about: it stays open for that.
        if (held.countOf(id) == 0) close(id, answeredBy(answer, done.rule, who.who));
        for (auto other : openBefore)
          if (other != id && questions.find(other) == nullptr) done.alsoClosed.add(double(other));
        return done;
      });
}

void Prompts::answerOnce(Question& question, const Answer& answer, const Viewer& who) {
  uint64_t wall = wallNs();
  bool any = false;
  auto taken = held.take([&](const HeldPacket& packet) {
    if (!sameAsker(subjectOf(packet.flow, packet.ofReceiver), question.subject()) ||
        packet.ofReceiver != question.ofReceiver || !covers(answer, question, packet.flow))
      return false;
    once.addFor(packet.flow, packet.ofReceiver, answer.verdict, who.who, wall);
    any = any || packet.question == question.id;
    return true;
  });
  if (!any) once.addForNext(question, answer.verdict, who.who, wall);
  resume(kj::mv(taken));
  saved.changed();
}

kj::Promise<kj::String> Prompts::answerByRule(const Question& question, const Answer& answer,
                                              const Viewer& who) {
  return parts.addRule(ruleText(answer, question), who.who);
}

void Prompts::dismiss(uint64_t id, const Viewer& who) {
  require(id, who);
  auto taken = held.take([&](const HeldPacket& packet) { return packet.question == id; });
  if (auto* question = questions.find(id)) question->defaultUntilNs = ~0ull;
  resume(kj::mv(taken));
  close(id, ended("dismissed", nullptr, who.who));
}

void Prompts::close(uint64_t id, Closed how) {
  auto* question = questions.find(id);
  if (question == nullptr) return;
  how.id = id;
  watching.closed(*question, how);
  KJ_IF_MAYBE (tell, closedTo) (*tell)(*question, how);
  log::info(kj::str("question ", id, " is closed: ", how.how, how.who.size() > 0 ? " by " : "",
                    how.who, how.action.size() > 0 ? ", " : "", how.action));
  questions.remove(id);
  saved.changed();
}

// Keeping -----------------------------------------------------------------------------------------

void Prompts::restore() {
  parts.state.readOrSetAside(FILE_NAME, "what was open is asked anew", [this](kj::StringPtr text) {
    auto read = parsePrompts(parts.state.fullPath(FILE_NAME), text);
    questions.setLastId(read.lastId);
    for (auto& question : read.questions) questions.restore(kj::mv(question));
    for (auto& answer : read.once) once.restore(kj::mv(answer));
    if (read.presence.boot == boot) watching.restorePresence(read.presence.present, nowNs());
  });
}

const Question* Prompts::find(uint64_t id) const {
  return questions.find(id);
}

void Prompts::taskFailed(kj::Exception&& e) {
  log::exception("asking people", e);
}

}  // namespace portreeve::policy
