// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/forwarder.h"

#include "resolver/message-samples.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/timer.h>

namespace portreeve::resolver {
namespace {

class FakeServer final : public Transport {
public:
  FakeServer(kj::Vector<kj::String>& events, kj::StringPtr name) : events(events), name(name) {}
  enum class Does { ANSWER, FAIL, NOTHING, SERVFAIL, CUT } does = Does::ANSWER;

  kj::Promise<kj::Array<kj::byte>> exchange(kj::ArrayPtr<const kj::byte> query) override {
    events.add(kj::str(name));
    if (does == Does::NOTHING) return kj::NEVER_DONE;
    if (does == Does::FAIL) return KJ_EXCEPTION(DISCONNECTED, "it refuses");
    auto answer = kj::heapArray(query);
    answer[2] |= 0x80;
    if (does == Does::CUT) answer[2] |= 0x02;
    if (does == Does::SERVFAIL) answer[3] |= RCODE_SERVFAIL;
    return kj::mv(answer);
  }

private:
  kj::Vector<kj::String>& events;
  kj::StringPtr name;
};

using Does = FakeServer::Does;

Lookup lookupOf(kj::StringPtr name) {
  return {Question{KJ_ASSERT_NONNULL(Name::parse(name)), TYPE_A}};
}

struct Upstreams {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  kj::Vector<kj::String> events;
  Forwarder forwarder{timer};
  FakeServer* a = add("192.0.2.1", "a");
  FakeServer* b = add("192.0.2.2", "b");
  Lookup lookup = lookupOf("www.test");

  FakeServer* add(kj::StringPtr address, kj::StringPtr name) {
    auto server = kj::heap<FakeServer>(events, name);
    auto* result = server.get();
    forwarder.add(kj::refcounted<UpstreamServer>(Upstream::parse(address),
                                                 UpstreamTransports{kj::mv(server), nullptr}));
    return result;
  }
  auto ask() { return forwarder.resolve(lookup); }
  void advance(kj::Duration duration) {
    // In steps: each timer starts the next.
    for (auto end = timer.now() + duration; timer.now() < end;) {
      timer.advanceTo(timer.now() + 10 * kj::MILLISECONDS);
      scope.poll();
    }
  }
  kj::String seen() {
    auto text = kj::strArray(events, " ");
    events.clear();
    return text;
  }
};

}  // namespace

TEST_CASE("the first upstream is asked, and another only when it is late") {
  Upstreams u;
  CHECK(u.ask().wait(u.scope).answer.server == "udp://192.0.2.1");
  CHECK(u.seen() == "a");
  u.a->does = Does::NOTHING;
  auto answer = u.ask();
  u.scope.poll();
  CHECK(u.seen() == "a");
  u.advance(400 * kj::MILLISECONDS);
  CHECK(answer.wait(u.scope).answer.server == "udp://192.0.2.2");
  CHECK(u.seen() == "b");
}

TEST_CASE("one that fails is left aside, tried behind others, and good again with one answer") {
  Upstreams u;
  u.a->does = Does::FAIL;
  for (int i = 0; i < 2; i++) u.ask().wait(u.scope);
  CHECK(u.seen() == "a b a b");
  u.ask().wait(u.scope);
  CHECK(u.seen() == "b");
  u.advance(600 * kj::MILLISECONDS);
  u.ask().wait(u.scope);
  CHECK(u.seen() == "a b");
  CHECK_FALSE(u.forwarder.isDown(u.lookup.question.name));
  u.a->does = Does::ANSWER;
  u.advance(2 * kj::SECONDS);
  u.ask().wait(u.scope);
  u.seen();
  u.ask().wait(u.scope);
  CHECK(u.seen() == "a");
}

TEST_CASE("when all fail the answer names one and why, within four seconds") {
  Upstreams u;
  u.a->does = u.b->does = Does::NOTHING;
  auto answer = u.ask();
  u.advance(1400 * kj::MILLISECONDS);
  CHECK(!answer.poll(u.scope));
  u.advance(2600 * kj::MILLISECONDS);
  auto resolved = answer.wait(u.scope);
  CHECK(resolved.answer.rcode == RCODE_SERVFAIL);
  auto& error = KJ_ASSERT_NONNULL(resolved.error);
  CHECK(error.code == ExtendedError::NO_REACHABLE_AUTHORITY);
  CHECK(error.text.startsWith("upstream udp://192.0.2."));
  CHECK(u.forwarder.isDown(u.lookup.question.name));
}

TEST_CASE("after an outage the next question is answered at once, however long it was") {
  Upstreams u;
  u.a->does = u.b->does = Does::FAIL;
  for (int i = 0; i < 600; i++) {
    auto answer = u.ask();
    u.advance(1 * kj::SECONDS);
    (void)answer.poll(u.scope);
  }
  CHECK(u.forwarder.isDown(u.lookup.question.name));
  u.a->does = u.b->does = Does::ANSWER;
  CHECK(u.ask().wait(u.scope).answer.rcode == RCODE_NOERROR);
  CHECK_FALSE(u.forwarder.isDown(u.lookup.question.name));
}

TEST_CASE("an upstream that answers SERVFAIL is not believed while another knows better") {
  Upstreams u;
  u.a->does = Does::SERVFAIL;
  CHECK(u.ask().wait(u.scope).answer.rcode == RCODE_NOERROR);
  CHECK(u.seen() == "a b");
  u.b->does = Does::SERVFAIL;
  auto resolved = u.ask().wait(u.scope);
  CHECK(resolved.answer.rcode == RCODE_SERVFAIL);
  CHECK(KJ_ASSERT_NONNULL(resolved.error).text.endsWith("answers SERVFAIL"));
}

TEST_CASE("an answer that UDP had to cut is asked for again over TCP") {
  Upstreams u;
  Forwarder forwarder(u.timer);
  auto udp = kj::heap<FakeServer>(u.events, "udp"_kj);
  udp->does = Does::CUT;
  kj::Own<Transport> tcp = kj::heap<FakeServer>(u.events, "tcp"_kj);
  forwarder.add(kj::refcounted<UpstreamServer>(Upstream::parse("192.0.2.1"),
                                               UpstreamTransports{kj::mv(udp), kj::mv(tcp)}));
  CHECK_FALSE(forwarder.resolve(u.lookup).wait(u.scope).answer.truncated);
  CHECK(u.seen() == "udp tcp");
}

TEST_CASE("a question to an encrypted upstream is padded, and asks for signatures where wanted") {
  Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse("www.test")), TYPE_A}, true, true};
  auto plain = writeUpstreamQuery(lookup, false);
  CHECK(plain.size() == 12 + 10 + 4 + 11);
  CHECK((plain[3] & 0x10) != 0);
  CHECK(plain[plain.size() - 11 + 7] == 0x80);
  auto padded = writeUpstreamQuery(lookup, true);
  CHECK(padded.size() == 128);
  CHECK(readQuery(padded).outcome == QueryReading::Outcome::GOOD);
}

TEST_CASE("only an answer to the same question counts") {
  Lookup lookup{Question{KJ_ASSERT_NONNULL(Name::parse("www.test")), TYPE_A}};
  auto query = writeUpstreamQuery(lookup, false);
  auto answer = kj::heapArray(query.asPtr());
  CHECK_FALSE(sameQuestion(query, answer, true));
  answer[2] |= 0x80;
  CHECK(sameQuestion(query, answer, true));
  answer[13] ^= 0x20;
  CHECK_FALSE(sameQuestion(query, answer, true));
  CHECK(sameQuestion(query, answer, false));
  answer[13] = 'x';
  CHECK_FALSE(sameQuestion(query, answer, false));
}

}  // namespace portreeve::resolver
