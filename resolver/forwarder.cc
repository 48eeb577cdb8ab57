// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/forwarder.h"

#include "common/log.h"

#include <kj/debug.h>

#include <algorithm>

namespace portreeve::resolver {
namespace {

// How long the one that was asked is waited for before the next is asked, too.
constexpr auto SHORTEST_WAIT = 60 * kj::MILLISECONDS;
constexpr auto LONGEST_WAIT = 600 * kj::MILLISECONDS;
constexpr auto FIRST_WAIT = 300 * kj::MILLISECONDS;  // its latency is not known yet
constexpr auto TIMEOUT = 1500 * kj::MILLISECONDS;    // of one exchange
constexpr uint MOST_ATTEMPTS = 6;

kj::Duration waitFor(const UpstreamState& state) {
  auto latency = state.latency();
  if (latency == 0 * kj::SECONDS) return FIRST_WAIT;
  auto wait = latency * 3 + 30 * kj::MILLISECONDS;
  return kj::max(kj::Duration(SHORTEST_WAIT), kj::min(wait, kj::Duration(LONGEST_WAIT)));
}

Resolved failure(kj::StringPtr reason) {
  return servfail(ExtendedError::OTHER, kj::str(reason));
}

bool isPrivate(const UpstreamServer& server) {
  return server.upstream.address.scope() != Scope::INTERNET;
}

bool isGood(const Answer& answer) {
  return answer.rcode == RCODE_NOERROR || answer.rcode == RCODE_NXDOMAIN;
}

}  // namespace

class Forwarder::Question final : private kj::TaskSet::ErrorHandler {
  // One question on its way; lives as long as its promise.
public:
  Question(Forwarder& all, const Lookup& lookup, Which which)
      : all(all), lookup(lookup), order(all.inOrder(which)), tasks(*this) {
    all.underWay++;
  }
  ~Question() noexcept(false) {
    all.underWay--;
    auto now = all.timer.now();
    // Those that let us wait are not good because another was quicker.
    for (auto& attempt : attempts)
      if (!attempt.ended && now - attempt.start > 2 * waitFor(attempt.server->state))
        attempt.server->state.failed("no answer in time", now);
  }

  kj::Promise<Resolved> run() {
    auto paf = kj::newPromiseAndFulfiller<Resolved>();
    fulfiller = kj::mv(paf.fulfiller);
    auto now = all.timer.now();
    for (auto* server : order)
      if (server->state.probeDue(now) && server != order[0]) {
        server->state.probing(now);
        start(*server);
        break;
      }
    startNext();
    tasks.add(all.timer.afterDelay(PATIENCE).then([this]() { giveUp(); }));
    return kj::mv(paf.promise);
  }

private:
  struct Attempt {
    UpstreamServer* server;
    kj::TimePoint start;
    bool ended = false;
  };

  Forwarder& all;
  Lookup lookup;
  kj::Vector<UpstreamServer*> order;
  std::vector<Attempt> attempts;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<Resolved>>> fulfiller;
  size_t next = 0;
  uint underWay = 0;
  kj::Maybe<Answer> bad;  // SERVFAIL or the like: told when nobody knows better
  kj::String reason;
  kj::TaskSet tasks;  // last: what runs in it uses the rest

  void startNext() {
    if (attempts.size() >= MOST_ATTEMPTS) return;
    auto& server = *order[next++ % order.size()];
    start(server);
    tasks.add(all.timer.afterDelay(waitFor(server.state)).then([this]() { startNext(); }));
  }

  void start(UpstreamServer& server) {
    size_t index = attempts.size();
    attempts.push_back({&server, all.timer.now()});
    underWay++;
    bool padded =
        server.upstream.protocol == Protocol::TLS || server.upstream.protocol == Protocol::HTTPS;
    auto query = writeUpstreamQuery(lookup, padded);
    kj::Promise<kj::Array<kj::byte>> exchange = nullptr;
    KJ_IF_MAYBE (e, kj::runCatchingExceptions(
                        [&]() { exchange = server.transports.usual->exchange(query); })) {
      exchange = kj::mv(*e);
    }
    tasks.add(all.timer.timeoutAfter(TIMEOUT, kj::mv(exchange))
                  .then([this, &server, query = kj::mv(query)](kj::Array<kj::byte> answer) mutable {
                    return wholeAnswer(server, kj::mv(query), kj::mv(answer));
                  })
                  .then([this, index](kj::Array<kj::byte> answer) { take(index, answer); },
                        [this, index](kj::Exception&& e) { failed(index, e); }));
  }

  kj::Promise<kj::Array<kj::byte>> wholeAnswer(UpstreamServer& server, kj::Array<kj::byte> query,
                                               kj::Array<kj::byte> answer) {
    bool cut = answer.size() > 2 && (answer[2] & 0x02) != 0;
    KJ_IF_MAYBE (other, server.transports.whenCut)
      if (cut) return all.timer.timeoutAfter(TIMEOUT, (*other)->exchange(query));
    return kj::mv(answer);
  }

  void take(size_t index, kj::ArrayPtr<const kj::byte> octets) {
    auto& attempt = attempts[index];
    auto& server = *attempt.server;
    attempt.ended = true;
    underWay--;
    auto now = all.timer.now();
    KJ_IF_MAYBE (answer, readAnswer(octets)) {
      if (answer->truncated) return failed(index, "its answer is cut off");
      server.state.answered(now - attempt.start, now);
      answer->server = server.text.cStr();
      if (isGood(*answer)) return finish(Resolved{kj::mv(*answer), nullptr});
      reason = kj::str(server.text, " answers ",
                       answer->rcode == RCODE_SERVFAIL  ? "SERVFAIL"
                       : answer->rcode == RCODE_REFUSED ? "REFUSED"
                                                        : "an error");
      bad = kj::mv(*answer);
      return tryOther();
    }
    failed(index, "its answer is malformed");
  }

  void failed(size_t index, const kj::Exception& e) {
    bool late = e.getType() == kj::Exception::Type::OVERLOADED;
    auto& attempt = attempts[index];
    if (!attempt.ended) underWay--;
    attempt.ended = true;
    failed(index, late ? kj::StringPtr("no answer in time") : e.getDescription());
  }

  void failed(size_t index, kj::StringPtr why) {
    auto& server = *attempts[index].server;
    server.state.failed(why, all.timer.now());
    reason = kj::str(server.text, ": ", why);
    tryOther();
  }

  void tryOther() {
    // At once where everybody else has failed, else when its turn comes.
    if (underWay > 0) return;
    if (next < order.size()) return startNext();
    if (bad != nullptr || attempts.size() >= MOST_ATTEMPTS) giveUp();
  }

  void giveUp() {
    auto code = bad == nullptr ? ExtendedError::NO_REACHABLE_AUTHORITY : ExtendedError::OTHER;
    if (reason.size() == 0) reason = kj::str(order[0]->text, ": no answer in time");
    finish(servfail(code, kj::str("upstream ", reason)));
  }

  void finish(Resolved resolved) {
    KJ_IF_MAYBE (waiting, fulfiller) (*waiting)->fulfill(kj::mv(resolved));
    fulfiller = nullptr;
  }

  void taskFailed(kj::Exception&& e) override { log::exception("asking an upstream", e); }
};

void Forwarder::add(kj::Own<UpstreamServer> server) {
  servers.add(kj::mv(server));
}

bool Forwarder::isUsable() const {
  for (auto& server : servers)
    if (!server->asksUs) return true;
  return false;
}

kj::Promise<Resolved> Forwarder::resolve(const Lookup& lookup, Which which) {
  if (underWay >= MOST_AT_ONCE) return failure("too many questions are waiting for an answer");
  if (which == Which::ALL ? !isUsable() : !hasPrivate())
    return failure(servers.empty() ? "no name server is known for this name"
                                   : "the name's server asks this resolver in turn");
  auto question = kj::heap<Question>(*this, lookup, which);
  auto asked = question->run();
  return asked.attach(kj::mv(question));
}

bool Forwarder::hasPrivate() const {
  for (auto& server : servers)
    if (!server->asksUs && isPrivate(*server)) return true;
  return false;
}

bool Forwarder::isDown(const Name&) const {
  for (auto& server : servers)
    if (server->state.good() && !server->asksUs) return false;
  return true;
}

kj::Vector<UpstreamServer*> Forwarder::inOrder(Which which) {
  // As configured, but good ones first; among good ones a much quicker one goes before.
  kj::Vector<UpstreamServer*> order;
  for (auto& server : servers)
    if (!server->asksUs && (which == Which::ALL || isPrivate(*server))) order.add(server.get());
  auto rank = [](const UpstreamServer* server) {
    auto latency = server->state.latency();
    // In steps, so that the order configured counts among equals.
    uint64_t steps = 0;
    for (auto step = latency; step > 20 * kj::MILLISECONDS; step = step / 2) steps++;
    return std::pair(!server->state.good(), steps);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](UpstreamServer* a, UpstreamServer* b) { return rank(a) < rank(b); });
  return order;
}

}  // namespace portreeve::resolver
