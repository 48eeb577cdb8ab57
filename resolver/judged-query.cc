// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/judged-query.h"

#include "common/clock.h"
#include "common/log.h"
#include "resolver/quick-question.h"

#include <kj/debug.h>

#include <algorithm>
#include <cstring>

namespace portreeve::resolver {
namespace {

constexpr auto POLICY_PATIENCE = 2 * kj::SECONDS;  // covers a restart of policy

Answer only(uint16_t rcode) {
  Answer answer;
  answer.rcode = rcode;
  return answer;
}

std::string_view viewOf(kj::StringPtr text) {
  return {text.begin(), text.size()};
}

void note(LoggedQuery& line, const PreparedAnswer& answer) {
  line.rcode = answer.rcode;
  line.server = answer.server;
  auto& addresses = answer.given.addresses;
  line.addresses.assign(
      addresses.begin(),
      addresses.begin() + long(std::min(addresses.size(), QueryLog::MOST_ADDRESSES)));
}

GivenName givenName(const Tuple& client, const Asker* asker, kj::StringPtr name, uint16_t type,
                    const PreparedAnswer& answer) {
  GivenName given;
  given.client = client;
  if (asker != nullptr) given.asker = asker->copy();
  given.name = kj::str(name);
  for (auto& target : answer.chain) given.chain.push_back(kj::str(target.c_str()));
  given.addresses = answer.given.addresses;
  given.ttl = answer.given.ttl;
  given.type = type;
  given.wallNs = wallNs();
  given.monotonicNs = monotonicNs();
  return given;
}

}  // namespace

class JudgedQueries::One {
  // One good query on its way; lives as long as the promise of `run`.
public:
  One(JudgedQueries& all, const Tuple& client, Query query)
      : all(all),
        client(client),
        query(kj::mv(query)),
        question(KJ_ASSERT_NONNULL(this->query.question)),
        name(question.name.text()),
        startedNs(monotonicNs()),
        who(all.askerAt(client)) {
    KJ_IF_MAYBE (edns, this->query.edns) dnssecOk = edns->dnssecOk;
  }

  kj::Promise<MaybeReply> run() {
    if (all.loops.recognize(question))
      return MaybeReply(all.write(client, query, only(RCODE_REFUSED)));
    KJ_IF_MAYBE (why, all.filter.refuses(viewOf(name))) return refused(*why);
    KJ_IF_MAYBE (canary, answerCanary(question)) return local(*canary);
    return all.timer.timeoutAfter(POLICY_PATIENCE, all.exchange.mayAsk(client, question))
        .then([this](Ruling&& ruling) { return obey(ruling); },
              [this](kj::Exception&& e) -> kj::Promise<MaybeReply> { return unjudged(e); });
  }

private:
  JudgedQueries& all;
  Tuple client;
  Query query;
  Question& question;
  kj::String name;
  uint64_t startedNs;
  kj::Maybe<AskerTableReader::Client> who;  // before policy was asked
  bool dnssecOk = false;
  std::shared_ptr<const Asker> asker;

  kj::Promise<MaybeReply> obey(const Ruling& ruling) {
    asker = ruling.asker;
    if (ruling.refused) return refused(kj::str("refused by rule \"", ruling.rule, '"'));
    // Names that are nobody's here ("….onion") may be somebody's there.
    KJ_IF_MAYBE (answer, all.local.answer(question))
      if (!ruling.farAway || answer->rcode == RCODE_NOERROR) return local(*answer);
    if (ruling.farAway) return farAway();
    Lookup lookup{question, dnssecOk, query.checkingDisabled};
    return all.names.find(lookup).then(
        [this](Found&& found) -> kj::Promise<MaybeReply> { return give(kj::mv(found)); });
  }

  kj::Promise<MaybeReply> local(const Answer& answer) {
    auto prepared = prepare(question, dnssecOk, answer, nullptr);
    return tell(*prepared).then([this, prepared]() {
      all.counts.answered++;
      return reply(Found{prepared, 0, false, true, 0}, CacheState::LOCAL);
    });
  }

  kj::Promise<MaybeReply> farAway() {
    // To ask anybody on this side would tell what goes through Gate17.
    KJ_IF_MAYBE (answer, all.farNames.answer(question)) return local(*answer);
    auto& line = logLine();
    line.rcode = RCODE_REFUSED;
    line.cache = CacheState::LOCAL;
    line.why = "through Gate17 there are addresses alone";
    all.counts.answered++;
    ExtendedError error{ExtendedError::NOT_SUPPORTED, kj::str(line.why.c_str())};
    return MaybeReply(all.write(client, query, only(RCODE_REFUSED), error));
  }

  kj::Promise<MaybeReply> give(Found found) {
    KJ_IF_MAYBE (why, all.filter.refusesAnswer(viewOf(name), *found.answer)) return refused(*why);
    return tell(*found.answer).then([this, found = kj::mv(found)]() {
      (found.answer->error == nullptr ? all.counts.answered : all.counts.failed)++;
      if (found.serial != 0 && !found.stale) keepRuling(found.serial);
      auto state = found.stale    ? CacheState::STALE
                   : found.cached ? CacheState::HIT
                                  : CacheState::MISS;
      return reply(found, state);
    });
  }

  void keepRuling(uint64_t answer) {
    KJ_IF_MAYBE (before, who)
      KJ_IF_MAYBE (now, all.askerAt(client)) {
        // Another's port by now, or other rules: whom policy spoke of is not certain.
        if (!(*before == *now)) return;
        auto key = cacheKey(question, dnssecOk, query.checkingDisabled);
        all.rulings.store(*before, key, answer, asker, monotonicNs());
      }
  }

  kj::Promise<void> tell(const PreparedAnswer& answer) {
    if (answer.given.addresses.empty()) return kj::READY_NOW;
    return all.exchange.tell(givenName(client, asker.get(), name, question.type, answer));
  }

  LoggedQuery& logLine() {
    auto& line = all.queryLog.next();
    line.wallNs = wallNs();
    line.tookUs = uint32_t((monotonicNs() - startedNs) / 1000);
    line.client = client;
    line.asker = asker;
    line.name.assign(name.begin(), name.size());
    line.type = question.type;
    return line;
  }

  MaybeReply reply(const Found& found, CacheState state) {
    auto& answer = *found.answer;
    auto& line = logLine();
    note(line, answer);
    line.cache = state;
    KJ_IF_MAYBE (error, answer.error) line.why.assign(error->text.begin(), error->text.size());
    Asked asked;
    asked.id = query.id;
    asked.recursionDesired = query.recursionDesired;
    asked.checkingDisabled = query.checkingDisabled;
    asked.wantsAuthentic = query.authenticData || dnssecOk;
    asked.edns = query.edns != nullptr;
    asked.dnssecOk = dnssecOk;
    asked.limit = client.protocol == PROTOCOL_TCP ? TCP_LIMIT : udpLimit(query);
    kj::byte octets[259];
    auto wire = question.name.wire();
    memcpy(octets, wire.data(), wire.size());
    for (uint16_t value : {question.type, question.klass}) {
      octets[wire.size()] = kj::byte(value >> 8);
      octets[wire.size() + 1] = kj::byte(value);
      wire = {wire.data(), wire.size() + 2};
    }
    asked.question = kj::arrayPtr(octets, wire.size());
    auto out = kj::heapArray<kj::byte>(std::min(asked.limit, answer.wire.size() + 300));
    asked.limit = std::min(asked.limit, out.size());
    kj::Maybe<uint32_t> ttl;
    kj::Maybe<ExtendedError> staleness;
    if (found.stale) {
      ttl = CachingNames::STALE_TTL;
      staleness = ExtendedError{answer.rcode == RCODE_NXDOMAIN ? ExtendedError::STALE_NXDOMAIN
                                                               : ExtendedError::STALE_ANSWER,
                                kj::str("nobody answers now; this was true before")};
    }
    kj::Maybe<const ExtendedError&> said;
    KJ_IF_MAYBE (error, staleness) said = *error;
    size_t size = answer.write(asked, found.stale ? 0 : found.age, ttl, said, out);
    return kj::heapArray(out.slice(0, size));
  }

  MaybeReply refused(kj::StringPtr why) {
    all.counts.refused++;
    auto answer = all.filter.refusal(question);
    auto& line = logLine();
    line.rcode = answer.rcode;
    line.refused = true;
    line.cache = CacheState::LOCAL;
    line.why.assign(why.begin(), why.size());
    ExtendedError error{ExtendedError::BLOCKED, kj::str(why)};
    return all.write(client, query, answer, error);
  }

  MaybeReply unjudged(const kj::Exception& e) {
    all.counts.unjudged++;
    log::debug(kj::str("asking policy: ", e.getDescription()));
    auto& line = logLine();
    line.rcode = RCODE_SERVFAIL;
    line.why = "policy does not answer";
    ExtendedError error{ExtendedError::NOT_READY, kj::str("policy does not answer")};
    return all.write(client, query, only(RCODE_SERVFAIL), error);
  }
};

size_t JudgedQueries::quick(const Tuple& client, kj::ArrayPtr<const kj::byte> message,
                            kj::ArrayPtr<kj::byte> out) {
  QuickQuestion question;
  if (!question.read(message)) return 0;
  uint64_t now = monotonicNs();
  auto line = [&]() -> LoggedQuery& {
    auto& fresh = queryLog.next();
    fresh.wallNs = wallNs();
    fresh.client = client;
    fresh.name = question.text();
    fresh.type = question.type;
    return fresh;
  };
  if (question.plain && filter.hasLists()) {
    KJ_IF_MAYBE (why, filter.refuses(question.text())) {
      counts.queries++;
      counts.refused++;
      counts.quick++;
      auto& logged = line();
      logged.refused = true;
      logged.cache = CacheState::LOCAL;
      logged.why.assign(why->begin(), why->size());
      auto refusal = filter.quickRefusal(question.asked.question, question.type);
      logged.rcode = refusal.rcode;
      ExtendedError error{ExtendedError::BLOCKED, kj::mv(*why)};
      return refusal.write(question.asked, 0, nullptr, error, out);
    }
  }
  KJ_IF_MAYBE (who, askerAt(client)) {
    KJ_IF_MAYBE (found, names.known(question.key(), now)) {
      KJ_IF_MAYBE (ruling, rulings.find(*who, question.key(), found->serial, now)) {
        counts.queries++;
        counts.answered++;
        counts.quick++;
        names.countHit();
        auto& logged = line();
        if (!question.plain) {
          auto reading = readQuery(message);
          auto text = KJ_ASSERT_NONNULL(reading.query.question).name.text();
          logged.name.assign(text.begin(), text.size());
        }
        logged.asker = ruling->asker;
        logged.cache = CacheState::HIT;
        note(logged, *found->answer);
        if (ruling->isToBeTold(who->word.process, now)) {
          auto given = givenName(client, ruling->asker.get(), logged.name.c_str(), question.type,
                                 *found->answer);
          given.again = true;
          if (who->word.process != ruling->askedFor) given.asker.instance = 0;  // of that program
          exchange.tellSoon(kj::mv(given), who->word.process);
        }
        return found->answer->write(question.asked, found->age, nullptr, nullptr, out);
      }
    }
  }
  return 0;
}

kj::Maybe<AskerTableReader::Client> JudgedQueries::askerAt(const Tuple& client) {
  if (client.protocol != PROTOCOL_UDP) return nullptr;
  KJ_IF_MAYBE (table, judge.askers()) return table->of(client.source, client.sourcePort);
  return nullptr;
}

kj::Promise<Ruling> JudgedQueries::ruling(const Question& question) {
  return timer.timeoutAfter(POLICY_PATIENCE, exchange.mayAsk(Tuple(), question));
}

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
