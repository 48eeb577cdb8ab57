// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/policy-exchange.h"

#include "common/clock.h"
#include "common/log.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

constexpr auto TELLING_PATIENCE = 1 * kj::SECONDS;
constexpr auto RETRY_DELAY = 10 * kj::MILLISECONDS;
constexpr size_t MOST_AT_ONCE = 256;
constexpr size_t ENOUGH_AGAIN = 16;  // a query that comes meanwhile waits for the whole message

template <typename Reader>
Ruling rulingOf(Reader&& ruling) {
  return {ruling.getVerdict() != proto::NameVerdict::ANSWER, ruling.getFarAway(),
          kj::str(ruling.getRule()), std::make_shared<const Asker>(Asker::from(ruling.getAsker()))};
}

}  // namespace

kj::Promise<Ruling> PolicyExchange::mayAsk(const Tuple& client, const Question& question) {
  auto paf = kj::newPromiseAndFulfiller<Ruling>();
  if (questions.empty()) tasks.add(kj::evalLast([this]() { return askGathered(); }));
  questions.add(Waiting{client, question.name.text(), question.type, kj::mv(paf.fulfiller)});
  return kj::mv(paf.promise);
}

kj::Promise<void> PolicyExchange::askGathered() {
  auto gathered = kj::heap(kj::mv(questions));
  questions = Questions();
  return judge.whenThere().then(
      [this, gathered = kj::mv(gathered)](proto::NameJudge::Client present) mutable {
        if (gathered->size() == 1 || oneByOne) return askEach(kj::mv(present), kj::mv(*gathered));
        return askAll(kj::mv(present), kj::mv(*gathered));
      });
}

kj::Promise<void> PolicyExchange::askEach(proto::NameJudge::Client present, Questions gathered) {
  for (auto& waiting : gathered) tasks.add(askOne(kj::mv(waiting)));
  return kj::READY_NOW;
}

kj::Promise<void> PolicyExchange::askOne(Waiting waiting) {
  auto own = kj::heap(kj::mv(waiting));
  auto answer = askUntilAnswered(*own);
  auto& fulfiller = *own->fulfiller;
  return answer
      .then([&fulfiller](Ruling&& ruling) { fulfiller.fulfill(kj::mv(ruling)); },
            [&fulfiller](kj::Exception&& e) { fulfiller.reject(kj::mv(e)); })
      .attach(kj::mv(own));
}

kj::Promise<Ruling> PolicyExchange::askUntilAnswered(Waiting& waiting) {
  if (!waiting.fulfiller->isWaiting()) return Ruling();  // it has given up
  return judge.whenThere()
      .then([&waiting](proto::NameJudge::Client present) {
        auto request = present.mayAskRequest();
        waiting.client.to(request.initClient());
        request.setName(waiting.name);
        request.setType(waiting.type);
        return request.send().then([](auto&& answer) { return rulingOf(answer); });
      })
      .catch_([this, &waiting](kj::Exception&& e) -> kj::Promise<Ruling> {
        if (e.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(e);
        // It has just gone: the same question to the one that comes next.
        oneByOne = false;
        return timer.afterDelay(RETRY_DELAY).then([this, &waiting]() {
          return askUntilAnswered(waiting);
        });
      });
}

kj::Promise<void> PolicyExchange::askAll(proto::NameJudge::Client present, Questions gathered) {
  auto request = present.mayAskAllRequest();
  auto list = request.initQueries(uint(gathered.size()));
  for (uint i = 0; i < list.size(); i++) {
    gathered[i].client.to(list[i].initClient());
    list[i].setName(gathered[i].name);
    list[i].setType(gathered[i].type);
  }
  auto own = kj::heap(kj::mv(gathered));
  auto& all = *own;
  return request.send()
      .then(
          [this, &all](auto&& answer) {
            auto rulings = answer.getRulings();
            for (uint i = 0; i < all.size(); i++) {
              if (i < rulings.size() && rulings[i].getKnown())
                all[i].fulfiller->fulfill(rulingOf(rulings[i]));
              else
                tasks.add(askOne(kj::mv(all[i])));
            }
          },
          [this, &all](kj::Exception&& e) {
            if (e.getType() == kj::Exception::Type::UNIMPLEMENTED) oneByOne = true;
            for (auto& waiting : all) tasks.add(askOne(kj::mv(waiting)));
          })
      .attach(kj::mv(own));
}

kj::Promise<void> PolicyExchange::tell(GivenName name) {
  if (words.empty()) telling = kj::evalLast([this]() { return tellGathered(); }).fork();
  words.add(kj::heap(kj::mv(name)));
  return KJ_ASSERT_NONNULL(telling).addBranch();
}

void PolicyExchange::tellSoon(GivenName name, uint32_t process) {
  // What policy asks back for is as new as what the program has.
  remember(name);
  retold.given(process);
  if (again.empty())
    tasks.add(timer.afterDelay(TELLING_AGAIN).then([this]() -> kj::Promise<void> {
      if (again.empty()) return kj::READY_NOW;
      return tellGathered();
    }));
  again.add(kj::heap(kj::mv(name)));
  if (again.size() == ENOUGH_AGAIN) tasks.add(kj::evalLast([this]() { return tellGathered(); }));
}

kj::Promise<void> PolicyExchange::tellGathered() {
  auto gathered = kj::mv(again);
  again = kj::Vector<kj::Own<GivenName>>();
  for (auto& name : words) {
    remember(*name);
    gathered.add(kj::mv(name));
  }
  words = kj::Vector<kj::Own<GivenName>>();
  kj::Promise<void> sent = kj::READY_NOW;
  KJ_IF_MAYBE (present, judge.present())
    for (size_t start = 0; start < gathered.size(); start += MOST_AT_ONCE) {
      size_t end = std::min(start + MOST_AT_ONCE, gathered.size());
      // With the last one it has all that was given again.
      uint64_t upTo = end == gathered.size() ? retold.newest() : 0;
      auto sending = send(*present, gathered.slice(start, end), upTo);
      sent = sent.then([sending = kj::mv(sending)]() mutable { return kj::mv(sending); });
    }
  return timer.timeoutAfter(TELLING_PATIENCE, kj::mv(sent))
      .catch_(
          [](kj::Exception&& e) { log::debug(kj::str("telling policy: ", e.getDescription())); })
      // By then the words are in policy's socket, ahead of the answers in the clients'.
      .then([]() { return kj::evalLast([]() {}); });
}

kj::Promise<void> PolicyExchange::send(proto::NameJudge::Client& to,
                                       kj::ArrayPtr<const kj::Own<GivenName>> names,
                                       uint64_t retoldUpTo) {
  auto request = to.answeredRequest();
  auto answers = request.initAnswers(uint(names.size()));
  for (uint i = 0; i < names.size(); i++) names[i]->to(answers[i]);
  request.setRetoldUpTo(retoldUpTo);
  return request.send();
}

void PolicyExchange::remember(const GivenName& name) {
  if (!name.addresses.empty()) memory.remember(name.copy(), monotonicNs());
}

void PolicyExchange::taskFailed(kj::Exception&& e) {
  log::exception("asking policy for names", e);
}

}  // namespace portreeve::resolver
