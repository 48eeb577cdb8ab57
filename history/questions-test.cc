// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/test-history.h"

#include <doctest/doctest.h>

namespace portreeve::history {
namespace {

struct TestQuestion {
  uint32_t id = 12;
  uint64_t askedNs = NOW;
  kj::StringPtr how = ""_kj;  // open
  kj::StringPtr action = ""_kj;
  kj::StringPtr program = "/usr/bin/curl"_kj;
};

Batch told(const TestQuestion& question) {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  auto one = message->initRoot<proto::Recorder::PromptsParams>().initChanged(1)[0];
  one.setId(question.id);
  one.setAsked(rfc3339(question.askedNs));
  one.setDirection("out");
  one.setDomain("example.org");
  one.setConnections(2);
  one.setHow(question.how);
  one.setAction(question.action);
  if (question.how.size() > 0) {
    one.setClosed(rfc3339(question.askedNs + NS_A_SECOND));
    one.setLifetime("5m");
    one.setScope("domain");
    one.setWho("alice (uid 1000)");
    one.setRule("answer 12");
  }
  auto there = one.initDestination();
  there.setAddress("203.0.113.5");
  there.setPort(443);
  there.setProtocol("tcp");
  auto program = one.initProgram();
  program.setPath(question.program);
  program.setPid(4711);
  program.setUid(1000);
  program.setUser("alice");
  return Batch{Batch::Kind::PROMPTS, kj::mv(message), 1};
}

kj::Vector<kj::String> found(TestHistory& h, const Filter& filter) {
  auto from = h.database();
  Answer answer = findPrompts(from, filter);
  kj::Vector<kj::String> words;
  for (auto one : answer->getRoot<proto::PromptRecordPage>().getPrompts())
    words.add(kj::str(one.getId(), ' ', one.getProgram().getPath(), ' ', one.getDomain(), ' ',
                      one.getHow(), ' ', one.getAction()));
  return words;
}

TEST_CASE("a question is found again with its answer, once") {
  TestHistory h;
  REQUIRE(h.write(told({})).outcome == Engine::Written::Outcome::DONE);
  CHECK(found(h, h.all())[0] == "12 /usr/bin/curl example.org  ");
  {
    auto open = h.database();
    Answer still = findPrompts(open, h.all());
    // Empty rather than left out: as JSON an open one has the same keys.
    CHECK(still->getRoot<proto::PromptRecordPage>().getPrompts()[0].hasClosed());
  }
  h.write(told({.how = "answered", .action = "allow"}));
  auto from = h.database();
  Answer answer = findPrompts(from, h.all());
  auto page = answer->getRoot<proto::PromptRecordPage>();
  REQUIRE(page.getPrompts().size() == 1);
  auto one = page.getPrompts()[0];
  CHECK(one.getAsked() == rfc3339(NOW));
  CHECK(one.getClosed() == rfc3339(NOW + NS_A_SECOND));
  CHECK(one.getDestination().getAddress() == "203.0.113.5");
  CHECK(one.getDestination().getPort() == 443);
  CHECK(one.getDestination().getProtocol() == "tcp");
  CHECK(one.getHow() == "answered");
  CHECK(one.getAction() == "allow");
  CHECK(one.getLifetime() == "5m");
  CHECK(one.getScope() == "domain");
  CHECK(one.getWho() == "alice (uid 1000)");
  CHECK(one.getRule() == "answer 12");
  CHECK(one.getConnections() == 2);
}

TEST_CASE("questions are found by program, user and answer, and not by what they have none of") {
  TestHistory h;
  h.write(told({.id = 1, .how = "answered", .action = "allow"}),
          told({.id = 2, .how = "answered", .action = "block", .program = "/usr/bin/wget"}));
  auto by = [&](auto set) { return found(h, h.filter(set)).size(); };
  CHECK(by([](auto filter) { filter.setProgram("wget"); }) == 1);
  CHECK(by([](auto filter) { filter.setAction("allow"); }) == 1);
  CHECK(by([](auto filter) { filter.setUser("alice"); }) == 2);
  CHECK(by([](auto filter) { filter.setDomain(".example.org"); }) == 2);
  CHECK(kj::runCatchingExceptions([&]() { by([](auto filter) { filter.setPort(443); }); }) !=
        nullptr);
}

TEST_CASE("questions are forgotten with the rest, by age and when told to") {
  TestHistory h;
  h.bounds.keepDays = 1;
  h.engine = h.make();
  h.write(told({.id = 1}));
  h.engine->tidy();
  CHECK(found(h, h.all())[0] == "1 /usr/bin/curl example.org  ");
  h.now += 2 * 86400 * NS_A_SECOND;
  h.engine->prune();
  CHECK(found(h, h.all()).size() == 0);
  h.write(told({.id = 2, .askedNs = h.now}));
  h.engine->purge(h.filter([](auto filter) { filter.setProgram("curl"); }));
  CHECK(found(h, h.all()).size() == 0);
}

}  // namespace
}  // namespace portreeve::history
