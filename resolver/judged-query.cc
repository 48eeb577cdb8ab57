// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/judged-query.h"

#include "common/clock.h"
#include "common/log.h"

#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

constexpr auto POLICY_PATIENCE = 2 * kj::SECONDS;  // covers a restart of policy
constexpr auto TELLING_PATIENCE = 1 * kj::SECONDS;
constexpr auto RETRY_DELAY = 10 * kj::MILLISECONDS;

using Ruling = capnp::Response<proto::NameJudge::MayAskResults>;

Answer only(uint16_t rcode) {
  Answer answer;
  answer.rcode = rcode;
  return answer;
}

}  // namespace

class JudgedQueries::One {
  // One good query on its way; lives as long as the promise of `run`.
public:
  One(JudgedQueries& all, const Tuple& client, Query query)
      : all(all),
        client(client),
        query(kj::mv(query)),
        question(KJ_ASSERT_NONNULL(this->query.question)) {}

  kj::Promise<MaybeReply> run() {
    return all.timer.timeoutAfter(POLICY_PATIENCE, ask())
        .then([this](Ruling&& ruling) { return obey(ruling); },
              [this](kj::Exception&& e) -> kj::Promise<MaybeReply> { return unjudged(e); });
  }

private:
  JudgedQueries& all;
  Tuple client;
  Query query;
  Question& question;
  kj::Maybe<proto::NameJudge::Client> judge;
  Asker asker;

  kj::Promise<Ruling> ask() {
    return all.judge.whenThere()
        .then([this](proto::NameJudge::Client present) {
          judge = present;
          auto request = present.mayAskRequest();
          client.to(request.initClient());
          request.setName(question.name.text());
          request.setType(question.type);
          return request.send().then([](Ruling&& ruling) { return kj::mv(ruling); });
        })
        .catch_([this](kj::Exception&& e) -> kj::Promise<Ruling> {
          if (e.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(e);
          // It has just gone: the same question to the one that comes next.
          return all.timer.afterDelay(RETRY_DELAY).then([this]() { return ask(); });
        });
  }

  kj::Promise<MaybeReply> obey(const Ruling& ruling) {
    if (ruling.getVerdict() != proto::NameVerdict::ANSWER) return refused(ruling.getRule());
    asker = Asker::from(ruling.getAsker());
    return all.names.resolve(question).then([this](Resolved&& resolved) {
      return tell(resolved.answer).then([this, resolved = kj::mv(resolved)]() {
        return reply(resolved);
      });
    });
  }

  kj::Promise<void> tell(const Answer& answer) {
    auto learnt = given(question, answer);
    if (learnt.addresses.empty()) return kj::READY_NOW;
    GivenName name;
    name.client = client;
    name.asker = kj::mv(asker);
    name.name = question.name.text();
    for (auto& target : learnt.chain) name.chain.push_back(target.text());
    name.addresses = kj::mv(learnt.addresses);
    name.ttl = learnt.ttl;
    name.type = question.type;
    name.wallNs = wallNs();
    auto request = KJ_ASSERT_NONNULL(judge).answeredRequest();
    all.memory.remember(kj::mv(name), monotonicNs()).to(request.initAnswers(1)[0]);
    // A policy that went or hangs since it ruled asks or is told again later: it is remembered.
    return all.timer.timeoutAfter(TELLING_PATIENCE, request.send())
        .catch_(
            [](kj::Exception&& e) { log::debug(kj::str("telling policy: ", e.getDescription())); })
        // By then the words are in policy's socket, ahead of the answer in the client's.
        .then([]() { return kj::evalLast([]() {}); });
  }

  MaybeReply reply(const Resolved& resolved) {
    (resolved.error == nullptr ? all.counts.answered : all.counts.failed)++;
    return all.write(client, query, resolved.answer, resolved.error);
  }

  MaybeReply refused(capnp::Text::Reader rule) {
    all.counts.refused++;
    ExtendedError error{ExtendedError::BLOCKED, kj::str("refused by rule \"", rule, '"')};
    return all.write(client, query, only(RCODE_NXDOMAIN), error);
  }

  MaybeReply unjudged(const kj::Exception& e) {
    all.counts.unjudged++;
    log::debug(kj::str("asking policy: ", e.getDescription()));
    ExtendedError error{ExtendedError::NOT_READY, kj::str("policy does not answer")};
    return all.write(client, query, only(RCODE_SERVFAIL), error);
  }
};

kj::Promise<MaybeReply> JudgedQueries::answer(const Tuple& client,
                                              kj::ArrayPtr<const kj::byte> message) {
  counts.queries++;
  auto reading = readQuery(message);
  switch (reading.outcome) {
    case QueryReading::Outcome::GOOD: {
      auto one = kj::heap<One>(*this, client, kj::mv(reading.query));
      auto reply = one->run();
      return reply.attach(kj::mv(one));
    }
    case QueryReading::Outcome::REJECT:
      counts.malformed++;
      return MaybeReply(write(client, reading.query, only(reading.rcode)));
    case QueryReading::Outcome::ANY:
      counts.answered++;
      return MaybeReply(
          write(client, reading.query, answerAny(KJ_ASSERT_NONNULL(reading.query.question))));
    case QueryReading::Outcome::IGNORE:
      break;
  }
  counts.malformed++;
  return MaybeReply(nullptr);
}

kj::Array<kj::byte> JudgedQueries::write(const Tuple& client, const Query& query,
                                         const Answer& answer,
                                         kj::Maybe<const ExtendedError&> error) const {
  size_t limit = client.protocol == PROTOCOL_TCP ? TCP_LIMIT : udpLimit(query);
  return writeReply(query, answer, error, limit);
}

}  // namespace portreeve::resolver
