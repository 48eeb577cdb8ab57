// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/judged-query.h"

#include "resolver/judged-query-fakes.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

namespace portreeve::resolver {
namespace {

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
