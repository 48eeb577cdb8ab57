// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/history-stream.h"

#include "common/clock.h"
#include "common/log.h"
#include "policy/prompts/prompt-record.h"

#include <kj/debug.h>

namespace portreeve::policy {
namespace {

constexpr size_t MOST_BATCH_BYTES = 512 << 10;  // far below what one message may hold

struct TypeName {
  uint16_t number;
  kj::StringPtr name;
};
constexpr TypeName TYPES[] = {{1, "A"_kj},    {2, "NS"_kj},    {5, "CNAME"_kj},  {6, "SOA"_kj},
                              {12, "PTR"_kj}, {15, "MX"_kj},   {16, "TXT"_kj},   {28, "AAAA"_kj},
                              {33, "SRV"_kj}, {64, "SVCB"_kj}, {65, "HTTPS"_kj}, {255, "ANY"_kj}};

kj::String typeText(uint16_t type) {
  for (auto& known : TYPES)
    if (known.number == type) return kj::str(known.name);
  return kj::str("TYPE", type);  // RFC 3597
}

}  // namespace

class HistoryStream::Held final : public proto::Recording::Server {
public:
  Held(HistoryStream& stream, uint64_t of) : stream(stream), of(of) {}
  ~Held() noexcept(false) { stream.stop(of); }

private:
  HistoryStream& stream;
  uint64_t of;
};

HistoryStream::HistoryStream(FlowTable& flows, const UserNames& users, kj::Timer& timer,
                             Wanted wanted, uint64_t life)
    : flows(flows), users(users), timer(timer), want(wanted), ownLife(life), tasks(*this) {
  if (want.connections) flows.observe(*this);
}

HistoryStream::~HistoryStream() noexcept(false) {
  if (want.connections) flows.stopObserving(*this);
}

proto::Recording::Client HistoryStream::record(proto::Recorder::Client to) {
  recorder = kj::mv(to);
  described.clear();
  generation++;
  inFlight = 0;
  sending = false;
  start();
  return kj::heap<Held>(*this, generation);
}

void HistoryStream::asked(const Program& asker, kj::StringPtr name, uint16_t type, bool refused,
                          kj::StringPtr rule) {
  if (!want.connections || !want.queries) return;
  if (questions.size() >= MOST_QUESTIONS) return miss(0, 1);
  uint32_t uid = asker.uid.orDefault(uint32_t(-1));
  questions.push_back(NameQuestion{wallNs(), kj::str(name), kj::str(rule), kj::str(asker.path),
                                   users.nameOf(uid), uid, type, refused});
  start();
}

void HistoryStream::flowChanged(const Flow& flow) {
  described.erase(flow.id);
  flowProgressed(flow);
}

void HistoryStream::flowProgressed(const Flow& flow) {
  if (!flow.judgement.log) return;
  if (waiting.count(flow.id) != 0) return;
  if (queue.size() >= MOST_FLOWS) return miss(1, 0);
  push(flow.id);
  start();
}

void HistoryStream::push(uint64_t id) {
  if (waiting.insert(id).second) queue.push_back(id);
}

void HistoryStream::miss(uint64_t connections, uint64_t queries) {
  missed.connections += connections;
  missed.queries += queries;
  missedEver += connections + queries;
}

void HistoryStream::prompted(const Question& prompt, const Closed* how) {
  if (!want.connections) return;
  if (prompts.size() >= MOST_PROMPTS) prompts.pop_front();
  auto record = kj::heap<capnp::MallocMessageBuilder>();
  fillRecord(record->initRoot<proto::PromptRecord>(), prompt, how, users);
  prompts.push_back(kj::mv(record));
  start();
}

bool HistoryStream::somethingWaits() const {
  return !queue.empty() || !questions.empty() || !prompts.empty() ||
         missed.connections + missed.queries > 0;
}

void HistoryStream::start() {
  if (sending || recorder == nullptr || inFlight >= WINDOW) return;
  sending = true;
  tasks.add(timer.afterDelay(kj::max(queue.size(), questions.size()) < BATCH ? PAUSE : HURRY)
                .then([this, of = generation]() { return send(of); }));
}

kj::Promise<void> HistoryStream::send(uint64_t of) {
  if (of != generation) return kj::READY_NOW;
  KJ_IF_MAYBE (to, recorder) {
    sendMissed(*to);
    sendConnections(*to);
    sendQuestions(*to);
    sendPrompts(*to);
  }
  sending = false;
  if (somethingWaits()) start();
  return kj::READY_NOW;
}

void HistoryStream::sendMissed(proto::Recorder::Client& to) {
  if (missed.connections + missed.queries == 0) return;
  auto request = to.missedRequest();
  request.setConnections(missed.connections);
  request.setQueries(missed.queries);
  track(request.send().ignoreResult(), Missed(), [this, untold = missed]() {
    missed.connections += untold.connections;
    missed.queries += untold.queries;
  });
  missed = Missed();
}

HistoryStream::Ids HistoryStream::takeConnections(RecordedBatch& batch) {
  kj::Vector<uint64_t> ids;
  while (!queue.empty() && ids.size() < BATCH && batch.roughBytes() < MOST_BATCH_BYTES) {
    uint64_t id = queue.front();
    queue.pop_front();
    waiting.erase(id);
    const Flow* flow = flows.find(id);
    if (flow == nullptr) {
      miss(1, 0);  // forgotten before its turn came
      continue;
    }
    sayOf(*flow, batch);
    ids.add(id);
  }
  return ids.releaseAsArray();
}

void HistoryStream::sayOf(const Flow& flow, RecordedBatch& batch) {
  if (described.count(flow.id) > 0)
    batch.progress(flow);
  else
    batch.describe(flow);
  if (flow.open())
    described.insert(flow.id);
  else
    described.erase(flow.id);
}

void HistoryStream::sendConnections(proto::Recorder::Client& to) {
  RecordedBatch batch;
  auto ids = takeConnections(batch);
  if (ids.size() == 0) return;
  auto request = to.connectionsRequest();
  batch.fill(request.initBatch(), users);
  Missed worth{ids.size(), 0};
  track(request.send().ignoreResult(), worth, [this, ids = kj::mv(ids)]() {
    for (uint64_t id : ids) push(id);
  });
}

void HistoryStream::sendQuestions(proto::Recorder::Client& to) {
  if (questions.empty()) return;
  auto batch = kj::heap<std::deque<NameQuestion>>();
  while (!questions.empty() && batch->size() < BATCH) {
    batch->push_back(kj::mv(questions.front()));
    questions.pop_front();
  }
  auto request = to.queriesRequest();
  auto list = request.initAsked(uint(batch->size()));
  for (uint i = 0; i < list.size(); i++) {
    auto& question = (*batch)[i];
    list[i].setTime(rfc3339(question.time));
    list[i].setName(question.name);
    list[i].setType(typeText(question.type));
    list[i].setAction(question.refused ? "block" : "allow");
    list[i].setRule(question.rule);
    list[i].setProgram(question.program);
    list[i].setUser(question.user);
    list[i].setUid(question.uid);
  }
  Missed worth{0, batch->size()};
  track(request.send().ignoreResult(), worth, [this, batch = kj::mv(batch)]() mutable {
    while (!batch->empty() && questions.size() < MOST_QUESTIONS) {
      questions.push_front(kj::mv(batch->back()));
      batch->pop_back();
    }
    miss(0, batch->size());
  });
}

void HistoryStream::sendPrompts(proto::Recorder::Client& to) {
  if (prompts.empty()) return;
  auto batch = kj::heap<std::deque<Prompt>>();
  while (!prompts.empty() && batch->size() < BATCH) {
    batch->push_back(kj::mv(prompts.front()));
    prompts.pop_front();
  }
  auto request = to.promptsRequest();
  auto list = request.initChanged(uint(batch->size()));
  for (uint i = 0; i < list.size(); i++)
    list.setWithCaveats(i, (*batch)[i]->getRoot<proto::PromptRecord>().asReader());
  track(request.send().ignoreResult(), Missed(), [this, batch = kj::mv(batch)]() mutable {
    while (!batch->empty() && prompts.size() < MOST_PROMPTS) {
      prompts.push_front(kj::mv(batch->back()));
      batch->pop_back();
    }
  });
}

void HistoryStream::track(kj::Promise<void> answer, Missed worth, kj::Function<void()> undo) {
  // `worth`: what is lost when the historian refuses it; asked again it would refuse it again.
  inFlight++;
  tasks.add(
      answer
          .then([]() {},
                [this, worth, of = generation, undo = kj::mv(undo)](kj::Exception&& e) mutable {
                  if (e.getType() == kj::Exception::Type::DISCONNECTED) {
                    undo();
                    return stop(of);
                  }
                  miss(worth.connections, worth.queries);
                  described.clear();  // it does not have what it refused
                  log::exception("telling the historian", e);
                })
          .then([this, of = generation]() {
            if (of != generation) return;
            inFlight--;
            if (somethingWaits()) start();
          }));
}

void HistoryStream::stop(uint64_t of) {
  // Whoever records dials again, and is told what waits then.
  if (of == generation) recorder = nullptr;
}

void HistoryStream::taskFailed(kj::Exception&& e) {
  log::exception("telling the historian", e);
}

}  // namespace portreeve::policy
