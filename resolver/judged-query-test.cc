// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/judged-query.h"

#include "resolver/message-samples.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

class FakePolicy final : public proto::NameJudge::Server {
public:
  explicit FakePolicy(kj::Vector<kj::String>& events) : events(events) {}

  kj::Promise<void> mayAsk(MayAskContext context) override {
    auto asked = context.getParams();
    events.add(kj::str("ask ", asked.getName(), ' ', asked.getType(), ' ',
                       asked.getClient().getSourcePort()));
    bool refused = kj::StringPtr(asked.getName()).startsWith("forbidden");
    context.getResults().setVerdict(refused ? proto::NameVerdict::REFUSE
                                            : proto::NameVerdict::ANSWER);
    if (refused) context.getResults().setRule("no one gets it");
    return kj::READY_NOW;
  }

  kj::Promise<void> answered(AnsweredContext context) override {
    for (auto answer : context.getParams().getAnswers())
      events.add(kj::str("told ", answer.getName(), ' ', answer.getAddresses().size()));
    return kj::READY_NOW;
  }

private:
  kj::Vector<kj::String>& events;
};

class FakeLink final : public Judge {
public:
  kj::Maybe<proto::NameJudge::Client> policy;
  kj::Vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;

  kj::Promise<proto::NameJudge::Client> whenThere() override {
    KJ_IF_MAYBE (present, policy) return *present;
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting.add(kj::mv(paf.fulfiller));
    return paf.promise.then([this]() { return whenThere(); });
  }

  void comes(proto::NameJudge::Client fresh) {
    policy = kj::mv(fresh);
    for (auto& one : waiting) one->fulfill();
  }
};

class FakeNames final : public NameSource {
public:
  explicit FakeNames(kj::Vector<kj::String>& events) : events(events) {}
  bool broken = false;

  kj::Promise<Resolved> resolve(const Question& question) override {
    events.add(kj::str("resolve ", question.name.text()));
    Answer answer;
    if (broken) {
      answer.rcode = RCODE_SERVFAIL;
      return Resolved{kj::mv(answer),
                      ExtendedError{ExtendedError::NO_REACHABLE_AUTHORITY, kj::str("no upstream")}};
    }
    if (question.type == TYPE_A)
      answer.answer.push_back({question.name, TYPE_A, CLASS_IN, 60, std::string("\xc0\0\2\1", 4)});
    return Resolved{kj::mv(answer), nullptr};
  }

private:
  kj::Vector<kj::String>& events;
};

struct Fixture {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Vector<kj::String> events;
  FakeLink link;
  FakeNames names{events};
  NameMemory memory;
  JudgedQueries queries{link, names, memory, timer};
  Tuple client;

  Fixture() {
    client.protocol = PROTOCOL_UDP;
    client.source = client.destination = KJ_ASSERT_NONNULL(Address::parse("127.0.0.1"));
    client.sourcePort = 4711;
    client.destinationPort = 53;
  }

  proto::NameJudge::Client policy() { return kj::heap<FakePolicy>(events); }
  void advance(kj::Duration duration) { timer.advanceTo(timer.now() + duration); }
  kj::String seen() { return kj::strArray(events, ", "); }

  kj::Promise<MaybeReply> ask(kj::StringPtr name, uint16_t type) {
    Sample sample;
    sample.header(RECURSION_DESIRED, {1, 0, 0, 1}).question(name, type).opt(1232);
    return queries.answer(client, sample.message());
  }
};

uint rcodeOf(const kj::Array<kj::byte>& reply) {
  return reply[3] & 0xf;
}

bool holds(const kj::Array<kj::byte>& reply, std::string_view part) {
  return std::string_view(reply.asChars().begin(), reply.size()).find(part) !=
         std::string_view::npos;
}

}  // namespace

TEST_CASE("policy is asked first and told before the answer leaves") {
  Fixture f;
  f.link.policy = f.policy();
  auto reply = KJ_ASSERT_NONNULL(f.ask("Www.test", TYPE_A).wait(f.scope));
  CHECK(rcodeOf(reply) == RCODE_NOERROR);
  CHECK(f.seen() == "ask www.test 1 4711, resolve www.test, told www.test 1");
  CHECK(f.memory.size() == 1);
  CHECK(f.queries.counters().answered == 1);
}

TEST_CASE("an answer without addresses is not told") {
  Fixture f;
  f.link.policy = f.policy();
  f.ask("www.test", TYPE_MX).wait(f.scope);
  CHECK(f.seen() == "ask www.test 15 4711, resolve www.test");
  CHECK(f.memory.size() == 0);
}

TEST_CASE("a refused name is never asked of anybody, and the rule is named") {
  Fixture f;
  f.link.policy = f.policy();
  auto reply = KJ_ASSERT_NONNULL(f.ask("forbidden.test", TYPE_A).wait(f.scope));
  CHECK(rcodeOf(reply) == RCODE_NXDOMAIN);
  CHECK(holds(reply, "refused by rule \"no one gets it\""));
  CHECK(f.seen() == "ask forbidden.test 1 4711");
  CHECK(f.queries.counters().refused == 1);
}

TEST_CASE("without policy a query waits for it, then fails by name") {
  Fixture f;
  auto promise = f.ask("www.test", TYPE_A);
  CHECK(!promise.poll(f.scope));
  f.advance(1900 * kj::MILLISECONDS);
  CHECK(!promise.poll(f.scope));
  f.advance(200 * kj::MILLISECONDS);
  auto reply = KJ_ASSERT_NONNULL(promise.wait(f.scope));
  CHECK(rcodeOf(reply) == RCODE_SERVFAIL);
  CHECK(holds(reply, "policy does not answer"));
  CHECK(f.seen() == "");
  CHECK(f.queries.counters().unjudged == 1);
}

TEST_CASE("a policy that comes in time is asked") {
  Fixture f;
  auto promise = f.ask("www.test", TYPE_A);
  CHECK(!promise.poll(f.scope));
  f.link.comes(f.policy());
  CHECK(rcodeOf(KJ_ASSERT_NONNULL(promise.wait(f.scope))) == RCODE_NOERROR);
}

TEST_CASE("a policy that goes while it is asked is asked again when it is back") {
  Fixture f;
  f.link.policy =
      capnp::Capability::Client(KJ_EXCEPTION(DISCONNECTED, "it went")).castAs<proto::NameJudge>();
  auto promise = f.ask("www.test", TYPE_A);
  CHECK(!promise.poll(f.scope));
  f.link.policy = f.policy();
  f.advance(20 * kj::MILLISECONDS);
  CHECK(rcodeOf(KJ_ASSERT_NONNULL(promise.wait(f.scope))) == RCODE_NOERROR);
}

TEST_CASE("failing upstreams are said") {
  Fixture f;
  f.link.policy = f.policy();
  f.names.broken = true;
  auto reply = KJ_ASSERT_NONNULL(f.ask("www.test", TYPE_A).wait(f.scope));
  CHECK(rcodeOf(reply) == RCODE_SERVFAIL);
  CHECK(holds(reply, "no upstream"));
  CHECK(f.queries.counters().failed == 1);
}

TEST_CASE("garbage needs no policy to be answered or ignored") {
  Fixture f;
  auto any = KJ_ASSERT_NONNULL(f.ask("www.test", TYPE_ANY).wait(f.scope));
  CHECK(holds(any, "RFC8482"));
  CHECK(rcodeOf(KJ_ASSERT_NONNULL(f.ask("www.test", TYPE_AXFR).wait(f.scope))) == RCODE_REFUSED);
  CHECK(f.queries.answer(f.client, nullptr).wait(f.scope) == nullptr);
  CHECK(f.seen() == "");
}

TEST_CASE("a policy that comes back is told what is remembered and may ask for it") {
  Fixture f;
  f.link.policy = f.policy();
  for (int i = 0; i < 300; i++) f.ask(kj::str("n", i, ".test"), TYPE_A).wait(f.scope);
  f.events.clear();
  replay(f.memory, f.policy()).wait(f.scope);
  CHECK(f.events.size() == 300);
  CHECK(f.events[0] == "told n0.test 1");
  CHECK(f.events[299] == "told n299.test 1");

  auto request = makeNameLookup(f.memory).namesForRequest();
  auto wanted = KJ_ASSERT_NONNULL(Address::parse("192.0.2.1"));
  request.initAddress().setUpper(wanted.upper());
  request.getAddress().setLower(wanted.lower());
  auto answers = request.send().wait(f.scope);
  REQUIRE(answers.getAnswers().size() == 32);
  CHECK(answers.getAnswers()[0].getName() == "n299.test");
}

}  // namespace portreeve::resolver
