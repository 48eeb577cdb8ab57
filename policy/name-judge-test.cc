// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/name-judge.h"

#include "common/clock.h"
#include "policy/test-road.h"

#include <doctest/doctest.h>

namespace portreeve::policy {
namespace {

constexpr kj::StringPtr RULES = R"(
[[rule]]
name = "nobody gets it"
action = "block"
domain = ".forbidden.test"

[[rule]]
name = "app may"
action = "allow"
process = { path = "/usr/bin/app" }
)"_kj;

const Tuple CLIENT = udp("192.0.2.10", 33333, "127.0.0.1", 53);
const Tuple STRAY = udp("192.0.2.10", 33333, "9.9.9.9", 53);

struct Names {
  Road road{RULES};
  kj::Maybe<Tuple> searched;
  kj::Own<Program> holder = Program::unknown("nobody");
  NameJudges judges{road.timer,
                    road.flows,
                    road.askers,
                    road.names,
                    road.lookups,
                    road.probe,
                    [this]() -> rules::RuleSet& { return *road.set; },
                    [this](const Tuple& tuple) -> kj::Promise<kj::Own<Program>> {
                      searched = tuple;
                      return kj::addRef(*holder);
                    }};
  proto::NameJudge::Client client = judges.make();

  auto ask(kj::StringPtr name) {
    auto request = client.mayAskRequest();
    CLIENT.to(request.initClient());
    request.setName(name);
    return request.send().wait(road.scope);
  }
  kj::String ruling(kj::StringPtr name) {
    auto answer = ask(name);
    return kj::str(answer.getVerdict() == proto::NameVerdict::ANSWER ? "answer" : "refuse", ' ',
                   answer.getRule());
  }
};

TEST_CASE("the name is judged for the process that sent the query") {
  Names names;
  names.road.receive({.tuple = STRAY});
  CHECK(names.ruling("example.org") == "answer ");
  CHECK(names.ruling("www.forbidden.test") == "refuse nobody gets it");
  names.road.receive({.tuple = STRAY, .id = 2, .instance = 2, .path = "/usr/bin/other"_kj});
  CHECK(names.ruling("example.org") == "refuse default");
  CHECK(names.searched == nullptr);
}

TEST_CASE("several names are judged at once, and whom nobody knows has to be asked for by itself") {
  Names names;
  names.road.receive({.tuple = STRAY});
  auto request = names.client.mayAskAllRequest();
  auto queries = request.initQueries(3);
  Tuple stranger = CLIENT;
  stranger.sourcePort++;
  for (uint i = 0; i < 3; i++) {
    (i == 2 ? stranger : CLIENT).to(queries[i].initClient());
    queries[i].setName(i == 1 ? "www.forbidden.test" : "example.org");
  }
  auto answer = request.send().wait(names.road.scope);
  auto rulings = answer.getRulings();
  REQUIRE(rulings.size() == 3);
  CHECK(rulings[0].getVerdict() == proto::NameVerdict::ANSWER);
  CHECK(rulings[0].getAsker().getPath() == "/usr/bin/app");
  CHECK(rulings[1].getVerdict() == proto::NameVerdict::REFUSE);
  CHECK(rulings[1].getRule() == "nobody gets it");
  CHECK(rulings[1].getKnown());
  CHECK_FALSE(rulings[2].getKnown());
}

TEST_CASE("the resolver is told who asks, and gives it back with the answer") {
  Names names;
  names.road.receive({.tuple = STRAY});
  auto ruling = names.ask("example.org");
  CHECK(ruling.getAsker().getInstance() == 1);
  CHECK(ruling.getAsker().getPath() == "/usr/bin/app");
  auto request = names.client.answeredRequest();
  auto answer = request.initAnswers(1)[0];
  answer.setName("example.org");
  answer.setAsker(ruling.getAsker());
  answer.setTime(rules::NOW);
  auto address = answer.initAddresses(1)[0];
  address.setUpper(rules::address("203.0.113.5").upper());
  address.setLower(rules::address("203.0.113.5").lower());
  request.send().wait(names.road.scope);
  auto program = programOf(ruling.getAsker());
  auto known = names.road.names.namesFor(rules::address("203.0.113.5"), *program, monotonicNs());
  REQUIRE(known.size() == 1);
  CHECK(known[0].source == rules::NameSource::PROCESS);
}

TEST_CASE("what was asked again and answered by what was said before is history, too") {
  Names names;
  kj::Vector<kj::String> asked;
  names.judges.onAsked(
      [&](const Program& asker, kj::StringPtr name, uint16_t type, bool refused, kj::StringPtr) {
        asked.add(kj::str(asker.path, ' ', name, ' ', type, refused ? " refused" : ""));
      });
  names.road.receive({.tuple = STRAY});
  auto ruling = names.ask("example.org");
  for (bool again : {false, true}) {
    auto request = names.client.answeredRequest();
    auto answer = request.initAnswers(1)[0];
    answer.setName("example.org");
    answer.setType(28);
    answer.setAsker(ruling.getAsker());
    answer.setAgain(again);
    request.send().wait(names.road.scope);
  }
  CHECK(kj::strArray(asked, ", ") == "/usr/bin/app example.org 0, /usr/bin/app example.org 28");
}

TEST_CASE("where no packet was seen the attributor is asked for the socket as it is connected") {
  Names names;
  // Restored from conntrack.
  names.road.kernel.entries.add(TrackedEntry{STRAY, 1799, 0, 0});
  names.road.walk.restore(KnownSockets()).wait(names.road.scope);
  auto app = kj::refcounted<Program>();
  app->pid = 1;
  app->kind = rules::ProcessKind::PROGRAM;
  app->path = kj::str("/usr/bin/app");
  names.holder = kj::mv(app);
  CHECK(names.ruling("example.org") == "answer ");
  CHECK(KJ_ASSERT_NONNULL(names.searched) == STRAY);
  names.searched = nullptr;
  CHECK(names.ruling("example.org") == "answer ");
  CHECK(names.searched == nullptr);
}

TEST_CASE("a query of nobody knows whom is refused only what everybody is refused") {
  Names names;
  CHECK(names.ruling("example.org") == "answer ");
  names.road.rules("");
  CHECK(names.ruling("example.org") == "refuse default");
}

TEST_CASE("a stub of the system asks for everybody, and its names are anybody's") {
  Names names;
  names.road.receive({.tuple = STRAY, .path = "/usr/lib/systemd/systemd-resolved"_kj});
  CHECK(names.ruling("example.org") == "answer ");
}

}  // namespace
}  // namespace portreeve::policy
